from hypothesis import settings

# No test fails because a machine is busy.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
