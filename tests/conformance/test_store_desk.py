"""What agents do to mails: nothing is overwritten, everything can be undone, and the counters are exact."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import pytest

from routing.decision import DecidedBy, Priority
from routing.desk import Act, Change, ListFilter, Looker, Order, QueueState, State
from routing.errors import NotFound, Overtaken, WrongStatus
from routing.ids import uuid7
from routing.job import Handling
from routing.store.sql.statement import Statement

UNKNOWN = "00000000-0000-7000-8000-000000000000"
OTHER = {"label": "quote", "queue": "sales", "decided_by": DecidedBy.HUMAN, "priority": Priority.LOW}


def take(job_id, revision=0, user="anne"):
    return Change(job_id=job_id, act=Act.TAKE, revision=revision, assignee=user)


def handle(job_id, revision=0):
    return Change(job_id=job_id, act=Act.HANDLE, revision=revision, handled=True)


def correct(make, job_id, revision=0, **fields):
    return Change(
        job_id=job_id,
        act=Act.CORRECT,
        revision=revision,
        decision=make.decision(**OTHER | fields),
        review=make.review(job_id, id=uuid7()),
        detail="claim_motor → quote",
    )


def do(store, *changes, user="anne", now=2_000.0, batch=None):
    return store.change(changes, batch=batch or uuid7(), actor=f"user {user}", now=now)


def states(store):
    return {state.queue: (state.open, state.taken, state.unreviewed) for state in store.queue_states()}


def counted(store):
    """Count the queues by hand, from every done job."""
    jobs, after, found = [], None, {}
    while True:
        page = store.listing(ListFilter(state=State.ANY), order=Order.OLDEST, after=after, limit=200)
        jobs, after = [*jobs, *page.jobs], page.next_cursor
        if after is None:
            break
    for job in jobs:
        opened, taken, unreviewed = found.get(job.decision.queue, (0, 0, 0))
        is_open = job.handling.handled_at is None
        is_taken = is_open and job.handling.assignee is not None
        found[job.decision.queue] = (opened + is_open, taken + is_taken, unreviewed + (is_open and not job.reviewed))
    return found


def test_a_routed_mail_is_open_and_nobodys(store, make):
    [job_id] = make.done(store, "1", now=1_000.0)
    job = store.job(job_id)
    assert job.handling == Handling(arrived_at=1_000.0)
    [waiting] = make.accepted(store, "2")
    assert store.job(waiting).handling == Handling()
    assert store.queue_states() == (
        QueueState(queue="motor", open=1, taken=0, unreviewed=1, oldest_at=1_000.0, revision=1),
    )


def test_what_was_read_of_a_mail_is_kept_within_bounds(store, make):
    make.accepted(store, "1")
    [claim] = make.claim(store, now=1_010.0)
    said = {"language": "fr", "model_label": "quote", "model_confidence": 0.5, "novelty": 1.25}
    store.record([make.decided(claim, excerpt="mot " * 500, **said)], worker="node/1", now=1_020.0)
    job = store.job(claim.job_id)
    assert len(job.excerpt) == 300
    assert {name: getattr(job, name) for name in said} == said


def test_taking_a_mail_shows_whose_it_is_and_is_in_its_history(store, make):
    [job_id] = make.done(store, "1")
    [job] = do(store, take(job_id))
    assert job == store.job(job_id) == store.some([job_id, UNKNOWN, "x"])[job_id]
    assert job.handling == Handling(arrived_at=1_000.0, assignee="anne", taken_at=2_000.0, revision=1)
    last = store.history(job_id)[-1]
    assert (last.kind, last.actor, last.at, last.detail) == ("take", "user anne", 2_000.0, "")
    assert states(store) == {"motor": (1, 1, 1)}
    [job] = do(store, take(job_id, revision=1, user=""), now=2_100.0)
    assert job.handling == Handling(arrived_at=1_000.0, revision=2)
    assert states(store) == {"motor": (1, 0, 1)}


def test_a_handled_mail_leaves_its_queue_and_can_come_back(store, make):
    [job_id] = make.done(store, "1")
    [job] = do(store, take(job_id), user="anne")
    [job] = do(store, handle(job_id, revision=1), user="paul", now=2_100.0)
    assert (job.handling.handled_at, job.handling.handled_by, job.handling.assignee) == (2_100.0, "paul", "anne")
    assert states(store) == {"motor": (0, 0, 0)}
    assert store.queue_states()[0].oldest_at is None
    [again] = do(store, Change(job_id=job_id, act=Act.REOPEN, revision=2, handled=False), now=2_200.0)
    assert (again.handling.handled_at, again.handling.handled_by) == (None, None)
    assert states(store) == {"motor": (1, 1, 1)}


def test_a_correction_is_a_review_and_moves_the_mail(store, make):
    [job_id] = make.done(store, "1")
    change = correct(make, job_id)
    [job] = do(store, change)
    assert job == store.job(job_id)
    assert (job.decision, job.reviewed, job.handling.arrived_at) == (change.decision, True, 2_000.0)
    assert store.reviews(job_id) == (change.review,)
    assert states(store) == {"motor": (0, 0, 0), "sales": (1, 0, 0)}
    assert store.history(job_id)[-1].detail == "claim_motor → quote"


def test_a_review_from_outside_counts_as_a_change_too(store, make):
    [job_id] = make.done(store, "1")
    job = store.review(make.review(job_id), decision=make.decision(**OTHER), actor="key desk")
    assert job == store.job(job_id)
    assert job.handling == Handling(arrived_at=5_000.0, revision=1)
    assert states(store) == {"motor": (0, 0, 0), "sales": (1, 0, 0)}
    [overtaken] = do(store, take(job_id))
    assert (overtaken.kind, overtaken.actor, overtaken.at) == ("reviewed", "key desk", 5_000.0)


def test_who_acts_on_what_somebody_changed_is_told_by_whom_and_overwrites_nothing(store, make):
    [job_id] = make.done(store, "1")
    do(store, take(job_id, user="anne"), user="anne")
    [error] = do(store, take(job_id, user="paul"), user="paul", now=2_050.0)
    assert isinstance(error, Overtaken)
    assert (error.kind, error.actor, error.at, error.job_id) == ("take", "user anne", 2_000.0, job_id)
    assert store.job(job_id).handling.assignee == "anne"
    assert [event.kind for event in store.history(job_id)] == ["decided", "take"]
    [job] = do(store, take(job_id, revision=None, user="paul"), user="paul")
    assert job.handling.assignee == "paul"


def test_one_bad_mail_of_a_batch_costs_the_others_nothing(store, make):
    [first, second] = make.done(store, "1", "2")
    [waiting] = make.accepted(store, "3")
    answers = do(store, take(first), take(UNKNOWN), take("no id"), take(waiting), take(second, revision=7), take(first))
    assert [type(answer).__name__ for answer in answers] == [
        *("Job", "NotFound", "NotFound", "WrongStatus", "Overtaken", "WrongStatus"),
    ]
    assert states(store) == {"motor": (2, 1, 2)}
    assert store.change([], batch=uuid7(), actor="user anne", now=1.0) == []


def test_undoing_restores_everything(store, make):
    ids = make.done(store, "1", "2", "3")
    do(store, take(ids[2]), now=1_900.0)
    before, counts, batch = store.some(ids), states(store), uuid7()
    answers = do(store, correct(make, ids[0]), handle(ids[1]), correct(make, ids[2], revision=1), batch=batch)
    assert all(not isinstance(answer, Exception) for answer in answers)
    undone = store.undo(batch, actor="user anne", now=2_100.0)
    assert [job.id for job in undone] == ids
    for job in undone:
        old = before[job.id]
        assert (job.decision, job.reviewed) == (old.decision, old.reviewed)
        assert job.handling.revision == old.handling.revision + 2
        assert job.handling == Handling(
            **{name: getattr(old.handling, name) for name in ("arrived_at", "assignee", "taken_at", "handled_at")},
            revision=job.handling.revision,
        )
        assert job == store.job(job.id)
        assert store.reviews(job.id) == ()
        assert store.history(job.id)[-1].kind == "undo"
    assert store.history(ids[1])[-1].detail == "handle"
    assert states(store) == counts | {"sales": (0, 0, 0)}


def test_what_somebody_touched_since_is_not_undone(store, make):
    [first, second] = make.done(store, "1", "2")
    batch = uuid7()
    do(store, handle(first), handle(second), batch=batch)
    do(store, take(first, revision=1), user="paul", now=2_050.0)
    [error, job] = store.undo(batch, actor="user anne", now=2_100.0)
    assert isinstance(error, Overtaken)
    assert (error.actor, error.job_id) == ("user paul", first)
    assert job.handling.handled_at is None
    assert store.job(first).handling.handled_at == 2_000.0


def test_a_batch_is_undone_once_and_by_whose_it_is(store, make):
    [job_id] = make.done(store, "1")
    batch = uuid7()
    do(store, handle(job_id), batch=batch)
    for whose, actor in ((batch, "user paul"), (UNKNOWN, "user anne"), ("x", "user anne")):
        with pytest.raises(NotFound):
            store.undo(whose, actor=actor, now=2_100.0)
    store.undo(batch, actor="user anne", now=2_100.0)
    with pytest.raises(NotFound):
        store.undo(batch, actor="user anne", now=2_200.0)


def test_erasing_and_deleting_take_mails_out_of_the_counters_and_leave_no_act(store, make):
    ids = make.done(store, "1", "2", "3", now=1_000.0)
    batch = uuid7()
    do(store, *map(take, ids), batch=batch)
    store.look(ids[0], user="anne", now=2_000.0)
    store.erase(ids[0], actor="key desk", now=2_100.0)
    assert states(store) == {"motor": (2, 2, 2)}
    assert store.lookers(ids[0], seen_after=0.0) == ()
    assert [job.id for job in store.undo(batch, actor="user anne", now=2_200.0)] == ids[1:]
    revision = store.queue_states()[0].revision
    store.purge(mails_before=1_500.0, jobs_before=0.0, now=3_000.0)
    assert store.queue_states()[0].revision > revision
    store.purge(mails_before=1_500.0, jobs_before=1_500.0, now=3_000.0)
    assert states(store) == {"motor": (0, 0, 0)}


def test_a_queues_revision_grows_with_whatever_its_list_shows(store, make):
    def revision():
        return {state.queue: state.revision for state in store.queue_states()}

    [job_id] = make.done(store, "1")
    seen = [revision()["motor"]]
    for act in (
        lambda: do(store, take(job_id)),
        lambda: make.done(store, "2"),
        lambda: do(store, Change(job_id=job_id, act=Act.PRIORITY, revision=1, decision=make.decision())),
        lambda: do(store, correct(make, job_id, revision=2)),
    ):
        act()
        seen.append(revision()["motor"])
    assert seen == sorted(set(seen))
    assert revision()["sales"] == 1


def test_what_arrived_is_counted_up_to_a_limit(store, make):
    assert store.arrived({}) == {}
    for at in (1_000.0, 1_100.0, 1_200.0):
        make.done(store, str(at), now=at)
    assert store.arrived({"motor": 1_100.0, "sales": 0.0, "\0'": 0.0})["motor"] == 2
    assert store.arrived({"motor": 1_201.0, "sales": 0.0}) == {"motor": 0, "sales": 0}
    assert store.arrived({"motor": 0.0}, most=2) == {"motor": 2}


def test_those_who_look_at_a_mail_are_known_for_a_while(store, make):
    [job_id] = make.done(store, "1")
    store.look(job_id, user="paul", now=2_000.0)
    store.look(job_id, user="anne", now=2_010.0)
    store.look(job_id, user="paul", now=2_020.0)
    store.look(UNKNOWN, user="paul", now=2_020.0)
    store.look("no id", user="paul", now=2_020.0)
    assert store.lookers(job_id, seen_after=2_000.0) == (
        Looker(user="anne", at=2_010.0),
        Looker(user="paul", at=2_020.0),
    )
    assert store.lookers(job_id, seen_after=2_010.0) == (Looker(user="paul", at=2_020.0),)
    assert store.lookers("no id", seen_after=0.0) == ()


def test_who_looked_at_a_mail_is_forgotten_after_a_day(store, make):
    [job_id] = make.done(store, "1")
    store.look(job_id, user="paul", now=2_000.0)
    store.look(job_id, user="anne", now=3_000.0)
    store.purge(mails_before=0.0, jobs_before=0.0, now=2_500.0 + 86_400)
    assert [looker.user for looker in store.lookers(job_id, seen_after=0.0)] == ["anne"]


def test_how_to_undo_an_act_is_forgotten_after_a_week(store, make):
    [first, second] = make.done(store, "1", "2")
    old, new = uuid7(), uuid7()
    do(store, handle(first), batch=old, now=2_000.0)
    do(store, handle(second), batch=new, now=3_000.0)
    store.purge(mails_before=0.0, jobs_before=0.0, now=2_500.0 + 7 * 86_400)
    with pytest.raises(NotFound):
        store.undo(old, actor="user anne", now=2_500.0 + 7 * 86_400)
    assert store.job(first).handling.handled_at == 2_000.0
    [undone] = store.undo(new, actor="user anne", now=2_500.0 + 7 * 86_400)
    assert undone.handling.handled_at is None


def test_fifty_mails_are_one_batch(store, make):
    names = list(map(str, range(50)))
    ids = make.accepted(store, *names)
    claims = make.claim(store, now=1_000.0, limit=50)
    store.record([make.decided(claim) for claim in claims], worker="node/1", now=1_000.0)
    batch = uuid7()
    assert len(do(store, *(correct(make, job_id) for job_id in ids), batch=batch)) == 50
    assert states(store) == {"motor": (0, 0, 0), "sales": (50, 0, 0)}
    assert len(store.undo(batch, actor="user anne", now=3_000.0)) == 50
    assert states(store) == {"motor": (50, 0, 50), "sales": (0, 0, 0)}


def test_what_an_older_program_did_past_the_counters_is_counted_anew(sql_store, make):
    ids = make.done(sql_store, "1", "2", "3")
    older = "UPDATE jobs SET queue = 'sales', arrived_at = 0, rank = 2, routed_by = NULL WHERE id = :id"
    sql_store._database.write(lambda transaction: transaction.run(Statement(older), {"id": ids[0]}))
    assert sql_store.job(ids[0]).handling.arrived_at == 1_000.0
    sql_store.recount()
    assert states(sql_store) == {"motor": (2, 0, 2), "sales": (1, 0, 1)}
    [job] = sql_store.listing(ListFilter(queue="sales", arrived_after=1.0), order=Order.PRESSING).jobs
    assert job.id == ids[0]
    revision = sql_store.queue_states()[0].revision
    sql_store.recount()
    assert sql_store.queue_states()[0].revision == revision


# -- races ------------------------------------------------------------------------------------------------------------


def in_threads(count, work):
    """Run `work(number)` in threads that all start at once; return what each of them returned."""
    barrier = Barrier(count)

    def wait_and_work(number):
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return [future.result() for future in [pool.submit(wait_and_work, number) for number in range(count)]]


def test_of_agents_who_act_at_once_one_wins_and_the_others_are_told(store, make):
    for job_id in make.done(store, *map(str, range(8))):
        answers = in_threads(4, lambda number: do(store, take(job_id, user=f"agent{number}"), user=f"agent{number}")[0])  # noqa: B023  (run at once)
        winners = [answer for answer in answers if not isinstance(answer, Exception)]
        assert len(winners) == 1
        assert store.job(job_id).handling.assignee == winners[0].handling.assignee
        for answer in answers:
            if isinstance(answer, Exception):
                assert isinstance(answer, Overtaken)
                assert answer.actor == f"user {winners[0].handling.assignee}"


def test_counters_stay_exact_whatever_happens_at_once(store, make):
    queues = ("motor", "sales", "home")
    make.done(store, *map(str, range(8)))

    def live(number):
        chance = random.Random(number)  # noqa: S311  (the same at every run)
        batches = []
        for turn in range(12):
            now = 2_000.0 + turn
            make.accepted(store, f"{number}-{turn}-a", f"{number}-{turn}-b", now=now)
            claims = make.claim(store, now=now, limit=3, worker=f"node/{number}")
            outcomes = [make.decided(claim, decision=make.decision(queue=chance.choice(queues))) for claim in claims]
            store.record(outcomes, worker=f"node/{number}", now=now)
            seen = list(store.listing(ListFilter(state=State.ANY), order=Order.NEWEST, limit=9).jobs)
            chance.shuffle(seen)
            batch = uuid7()
            changes = [
                chance.choice(
                    (
                        take(job.id, job.handling.revision, f"agent{number}"),
                        handle(job.id, job.handling.revision),
                        correct(make, job.id, job.handling.revision, queue=chance.choice(queues)),
                    )
                )
                for job in seen[:5]
            ]
            do(store, *changes, user=f"agent{number}", now=now, batch=batch)
            batches.append(batch)
            if turn % 3 == 2:
                try:
                    store.undo(chance.choice(batches), actor=f"user agent{number}", now=now)
                except NotFound:
                    continue
            if turn % 4 == 3:
                job = seen[-1]
                try:
                    store.erase(job.id, actor="key desk", now=now)
                except (NotFound, WrongStatus):
                    continue
            if turn == 7:
                store.purge(mails_before=2_001.0, jobs_before=1_500.0, now=now)
                store.recount()

    in_threads(4, live)
    assert {queue: counts for queue, counts in states(store).items() if any(counts)} == {
        queue: counts for queue, counts in counted(store).items() if any(counts)
    }
    assert store.backlog().running == 0


def test_an_undo_and_an_act_at_once_do_not_mix(store, make):
    def act_or_undo(turn, job_id, batch):
        if turn:
            return store.undo(batch, actor="user anne", now=3_000.0)[0]
        return do(store, take(job_id, revision=1, user="paul"), user="paul")[0]

    for number, job_id in enumerate(make.done(store, *map(str, range(6)))):
        batch = uuid7()
        do(store, handle(job_id), batch=batch, now=2_000.0 + number)
        acted, undone = in_threads(2, partial(act_or_undo, job_id=job_id, batch=batch))
        assert isinstance(undone, Exception) != isinstance(acted, Exception)
        job = store.job(job_id)
        assert (job.handling.handled_at is None) is not isinstance(undone, Exception)
        assert job.handling.assignee == (None if isinstance(acted, Exception) else "paul")
    assert states(store) == counted(store)
