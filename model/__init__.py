"""The classifier: what it reads of a mail, how it is trained, kept, loaded and run.

ONNX Runtime's builds for Linux send telemetry to their maker since 1.29 (names and hashes of models among it), unless a
variable forbids it before the library is first imported. Only this package imports it, so it is forbidden here.
"""

import os

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
