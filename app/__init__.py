"""The HTTP interface: mail comes in, jobs and queues are read, humans correct. Flask; no worker, no model.

One module a noun. A view does four things: read the request into a schema, make one call into `routing`, turn the
result into a schema, answer. What it needs of the outside is in `app.services`; what it may do and what it answers
is declared beside it (`app.endpoint`), and authentication, the OpenAPI document and the guard tests read that.
"""
