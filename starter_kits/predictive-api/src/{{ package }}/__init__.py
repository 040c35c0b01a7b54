"""Takes claims over HTTP, lets workers score them, and keeps each answer until it is fetched."""
