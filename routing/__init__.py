"""The domain: what a mail, a job and a decision are, and what happens to them.

The words of this package are the words of the product:

mail
    one e-mail message, as received
job
    the processing of one mail, with its status and its result; what a caller polls
label
    what the model says: one category of the taxonomy
queue
    where a mail goes: a team's list of mails (Celery's queues are always "task queues")
policy
    the map from label, confidence and rules to queue and priority
rule
    a deterministic condition on headers or text that decides before the model or overrides it
decision
    label, confidence, queue, priority, who decided, why, and with which model version
triage
    the queue of mails that the model is not sure enough about
review
    a human confirms or corrects a decision

Nothing here knows Flask, Celery or Redis.
`now` is always an argument: Unix time, in seconds, as a float.
"""
