"""Users, saved lists, what was seen and the audit, on every store."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest

from routing.errors import NotFound, Overtaken, WrongStatus
from routing.ids import uuid7
from routing.keys import new_key
from routing.people import MOST_VIEWS, AuditEntry, Role, User, View, disabled, enabled, with_role
from routing.store.opening import open_store


def somebody(name="anne", role=Role.AGENT, **fields):
    given = {
        "id": uuid7(1_000.0),
        "name": name,
        "full_name": f"{name.title()} Martin",
        "password": "scrypt$1$1$1$c2FsdA$aGFzaA",
        "role": role,
        "queues": ("motor", "home"),
        "language": "fr",
        "time_zone": "Europe/Paris",
        "shortcuts": False,
        "created_at": 1_000.0,
    }
    return User(**(given | fields))


def added(store, *users):
    for user in users:
        store.add_user(user)
    return users if len(users) > 1 else users[0]


def view(user, name="Sinistres", **fields):
    given = {"id": uuid7(1_000.0), "user_id": user.id, "name": name, "query": "label=claim_motor", "created_at": 1.0}
    return View(**(given | fields))


def test_a_user_is_read_back_as_it_was_stored(store):
    anne = added(store, somebody())
    assert store.user(anne.id) == anne
    assert store.users() == (anne,)


def test_who_is_not_there_is_none(store):
    assert store.user(uuid7(1.0)) is None
    assert store.user("no id") is None
    assert store.user_by_name("nobody") is None
    assert store.user_by_name("no\0body\ud800") is None


def test_a_name_is_found_whatever_its_case(store):
    anne = added(store, somebody("Anne.M"))
    assert store.user_by_name("aNNE.m") == anne
    assert store.user_by_name("anne_m") is None


def test_a_name_is_taken_once_whatever_its_case_and_even_when_disabled(store):
    added(store, somebody("Anne", disabled_at=2_000.0))
    with pytest.raises(WrongStatus, match="perhaps disabled"):
        store.add_user(somebody("aNNe"))
    assert [user.name for user in store.users()] == ["Anne"]


def test_users_come_by_name(store):
    added(store, somebody("paul"), somebody("Anne"), somebody("bea"))
    assert [user.name for user in store.users()] == ["Anne", "bea", "paul"]


def test_preferences_are_saved_name_and_beginning_stay(store):
    anne = added(store, somebody())
    wanted = replace(anne, full_name="Anne Petit", queues=("claims",), language="en", time_zone=None, shortcuts=True)
    store.save_user(replace(wanted, name="other", created_at=9.0))
    assert store.user(anne.id) == wanted


def test_nobody_cannot_be_saved(store):
    with pytest.raises(NotFound):
        store.save_user(somebody())
    with pytest.raises(NotFound):
        store.save_user(somebody(id="no id"))


def test_a_role_changes_with_the_next_epoch_only(store):
    anne = added(store, somebody())
    with pytest.raises(Overtaken):
        store.save_user(replace(anne, role=Role.ADMINISTRATOR))
    store.save_user(with_role(anne, Role.SUPERVISOR))
    assert store.user(anne.id).role is Role.SUPERVISOR
    assert store.user(anne.id).epoch == 1


def test_preferences_saved_late_do_not_bring_back_who_was_disabled(store):
    anne = added(store, somebody())
    store.save_user(disabled(anne, now=2_000.0))
    with pytest.raises(Overtaken, match="anne"):
        store.save_user(replace(anne, language="en"))
    assert store.user(anne.id).disabled_at == 2_000.0


def test_of_two_who_change_what_ends_sessions_the_second_is_told(store):
    anne = added(store, somebody())
    store.save_user(disabled(anne, now=2_000.0))
    with pytest.raises(Overtaken):
        store.save_user(with_role(anne, Role.SUPERVISOR))
    store.save_user(enabled(store.user(anne.id)))
    assert store.user(anne.id) == replace(anne, epoch=2)


def test_the_last_administrator_is_neither_disabled_nor_demoted(store):
    added(store, somebody("old", Role.ADMINISTRATOR, disabled_at=5.0), somebody("agent"))
    chief = added(store, somebody("chief", Role.ADMINISTRATOR))
    with pytest.raises(WrongStatus, match="last administrator"):
        store.save_user(disabled(chief, now=2_000.0))
    with pytest.raises(WrongStatus, match="last administrator"):
        store.save_user(with_role(chief, Role.SUPERVISOR))
    assert store.user(chief.id) == chief


def test_an_administrator_goes_when_another_one_stays(store):
    chief, second = added(store, *(somebody(name, Role.ADMINISTRATOR) for name in ("chief", "second")))
    store.save_user(disabled(chief, now=2_000.0))
    with pytest.raises(WrongStatus):
        store.save_user(with_role(second, Role.AGENT))


@pytest.mark.parametrize("attempt", range(5))
def test_two_administrators_who_disable_each_other_at_once_do_not_both_go(database_url, attempt):
    stores = [open_store(database_url), open_store(database_url)]
    pair = added(stores[0], *(somebody(f"{name}-{attempt}", Role.ADMINISTRATOR) for name in ("chief", "second")))
    barrier = Barrier(2)

    def disable(store, user):
        barrier.wait()
        try:
            store.save_user(disabled(user, now=2_000.0))
        except WrongStatus:
            return "refused"
        return "disabled"

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(disable, stores, pair))
    assert answers == ["disabled", "refused"]
    assert len([user for user in stores[0].users() if user.disabled_at is None]) == 1
    for store in stores:
        store.close()


def test_texts_are_bounded_and_clean(store):
    anne = added(store, somebody(full_name="A\0" + "n" * 500, queues=("q\ud800", "x" * 500, "q\ud800")))
    kept = store.user(anne.id)
    assert kept.full_name.startswith("A\N{REPLACEMENT CHARACTER}n")
    assert len(kept.full_name) == 200
    assert [len(queue) for queue in kept.queues] == [2, 200]


def test_a_list_saved_under_the_same_name_is_replaced(store):
    anne, paul = added(store, somebody(), somebody("paul"))
    first = view(anne)
    store.save_view(first)
    store.save_view(view(paul))
    store.save_view(view(anne, query="state=any", created_at=2.0))
    store.save_view(view(anne, "Attente"))
    names = [(one.name, one.query) for one in store.views(anne.id)]
    assert names == [("Attente", "label=claim_motor"), ("Sinistres", "state=any")]
    assert store.views(anne.id)[1].id == first.id
    assert len(store.views(paul.id)) == 1
    assert store.views("no id") == ()


def test_a_saved_list_is_its_users_own_to_delete(store):
    anne, paul = added(store, somebody(), somebody("paul"))
    mine = view(anne)
    store.save_view(mine)
    for view_id, user in ((mine.id, paul), (uuid7(1.0), anne), ("no id", anne)):
        with pytest.raises(NotFound):
            store.delete_view(view_id, user_id=user.id)
    store.delete_view(mine.id, user_id=anne.id)
    assert store.views(anne.id) == ()


def test_nobody_saves_no_list(store):
    with pytest.raises(NotFound):
        store.save_view(view(somebody()))


def test_lists_are_saved_up_to_a_limit(store):
    anne = added(store, somebody())
    for number in range(MOST_VIEWS):
        store.save_view(view(anne, f"list {number}"))
    with pytest.raises(WrongStatus, match="delete one first"):
        store.save_view(view(anne, "one more"))
    store.save_view(view(anne, "list 7", query="changed"))
    assert len(store.views(anne.id)) == MOST_VIEWS


def test_the_last_look_at_a_queue_counts(store):
    anne, paul = added(store, somebody(), somebody("paul"))
    store.seen(anne.id, "motor", at=10.0)
    store.seen(anne.id, "motor", at=30.0)
    store.seen(anne.id, "motor", at=20.0)
    store.seen(anne.id, "home", at=5.0)
    store.seen(uuid7(1.0), "motor", at=5.0)
    store.seen("no id", "motor", at=5.0)
    assert store.seen_queues(anne.id) == {"motor": 30.0, "home": 5.0}
    assert store.seen_queues(paul.id) == {}
    assert store.seen_queues("no id") == {}


def audited(store, *kinds):
    for at, kind in enumerate(kinds):
        store.add_audit(AuditEntry(at=float(at), actor="user anne", kind=kind, subject="paul", detail="d"))


def test_the_audit_is_read_newest_first_in_pages(store):
    audited(store, *(f"kind {number}" for number in range(5)))
    first, further = store.audit(limit=2)
    second, last = store.audit(limit=2, before=further)
    third, end = store.audit(limit=2, before=last)
    assert [entry.kind for entry in (*first, *second, *third)] == [f"kind {number}" for number in (4, 3, 2, 1, 0)]
    assert end is None
    assert first[0] == AuditEntry(at=4.0, actor="user anne", kind="kind 4", subject="paul", detail="d")


def test_the_audit_is_read_by_kind(store):
    audited(store, "user created", "role changed", "user created")
    entries, further = store.audit(kind="user created", limit=1)
    assert [entry.at for entry in entries] == [2.0]
    entries, end = store.audit(kind="user created", limit=1, before=further)
    assert [entry.at for entry in entries] == [0.0]
    assert end is None
    assert store.audit_kinds() == ("role changed", "user created")
    assert store.audit(kind="never\0\ud800") == ((), None)


def test_an_empty_audit_ends_at_once(store):
    assert store.audit() == ((), None)
    assert store.audit_kinds() == ()


def line(kind="user created"):
    return AuditEntry(at=1.0, actor="user chief", kind=kind, subject="user anne")


def test_what_is_done_and_its_line_of_the_audit_are_there_together(store):
    anne = somebody()
    store.add_user(anne, audit=[line()])
    store.save_user(with_role(anne, Role.SUPERVISOR), audit=[line("role changed"), line("user changed")])
    kinds = [entry.kind for entry in store.audit()[0]]
    assert kinds == ["user changed", "role changed", "user created"]


def test_what_is_refused_leaves_no_line_of_the_audit(store):
    chief = added(store, somebody("chief", Role.ADMINISTRATOR))
    for refused in (
        lambda: store.add_user(somebody("CHIEF"), audit=[line()]),
        lambda: store.save_user(disabled(chief, now=2.0), audit=[line()]),
        lambda: store.save_user(replace(chief, epoch=9), audit=[line()]),
    ):
        with pytest.raises((WrongStatus, Overtaken)):
            refused()
    assert store.audit() == ((), None)


def test_keys_have_their_lines_of_the_audit_too(store):
    key, _ = new_key("mail-gateway", ["submit"], now=1.0)
    store.add_key(key, audit=[line("key created")])
    with pytest.raises(WrongStatus):
        store.add_key(replace(key, id=uuid7(2.0)), audit=[line("key created")])
    store.revoke_key("mail-gateway", now=2.0, audit=[line("key revoked")])
    with pytest.raises(NotFound):
        store.revoke_key("mail-gateway", now=2.0, audit=[line("key revoked")])
    assert [entry.kind for entry in store.audit()[0]] == ["key revoked", "key created"]
