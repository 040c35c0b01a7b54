import json

import pytest

NOBODY = "01a1f897-0000-7000-8000-000000000000"


def ids(answer):
    return [job["id"] for job in answer.get_json()["jobs"]]


def several(house, number):
    """Accept some mails, one a second; return their ids, newest first."""
    found = []
    for each in range(number):
        house.clock.now += 1
        found.append(house.accepted(f"Subject: {each}\r\n\r\nx".encode()))
    return found[::-1]


def test_a_job_shows_its_decision_in_full(house):
    job_id = house.accepted()
    house.decide()
    job = house.get(f"/v1/jobs/{job_id}").get_json()
    assert job["status"] == "done"
    assert job["decision"] == {
        "label": "claim_home",
        "confidence": 0.9,
        "alternatives": [{"label": "assistance", "probability": 0.05}],
        "queue": "claims-home",
        "priority": "high",
        "decided_by": "model",
        "reason": "The model says so.",
        "rule": None,
        "model_version": "test-0123456789ab",
    }
    assert job["timings"] == {"queued": 1.0, "parse": 2.0, "classify": 3.0, "total": 6.0}
    assert job["created_at"].endswith("Z")


def test_an_undecided_job_says_when_to_ask_again(house):
    assert house.get(f"/v1/jobs/{house.accepted()}").headers["Retry-After"] == "1"


@pytest.mark.parametrize("job_id", [NOBODY, "x", NOBODY.upper(), "%01", "é", "..", NOBODY + "x"])
@pytest.mark.parametrize("rest", ["", "/events", "/mail"])
def test_an_unknown_or_malformed_id_is_404(house, job_id, rest):
    answer = house.get(f"/v1/jobs/{job_id}{rest}")
    assert answer.status_code == 404
    assert answer.content_type == "application/problem+json"


def test_jobs_are_listed_newest_first_page_by_page(house):
    wanted = several(house, 5)
    first = house.get("/v1/jobs?limit=2")
    assert ids(first) == wanted[:2]
    second = house.get(f"/v1/jobs?limit=2&cursor={first.get_json()['next_cursor']}")
    assert ids(second) == wanted[2:4]
    last = house.get(f"/v1/jobs?limit=2&cursor={second.get_json()['next_cursor']}")
    assert ids(last) == wanted[4:]
    assert last.get_json()["next_cursor"] is None
    assert "Link" not in last.headers


def test_the_link_to_the_next_page_can_be_followed(house):
    wanted = several(house, 3)
    link = house.get("/v1/jobs?limit=2&status=queued").headers["Link"]
    assert link.endswith('; rel="next"')
    assert ids(house.get(link[1 : link.index(">")])) == wanted[2:]


def test_a_cursor_does_not_show_what_is_in_it(house):
    newest, *_ = several(house, 3)
    assert newest not in house.get("/v1/jobs?limit=1").get_data(as_text=True).partition("next_cursor")[2]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=x", "limit"),
        ("cursor=nonsense", "cursor"),
        ("cursor=%ff", "cursor"),
        ("status=finished", "status"),
        ("decided_by=chance", "decided_by"),
        ("created_after=yesterday", "created_after"),
        ("created_before=2026-11-20", "created_before"),
        ("staus=done", "staus"),
        ("status=done&status=failed", "status"),
    ],
)
def test_a_wrong_parameter_is_named(house, query, field):
    answer = house.get(f"/v1/jobs?{query}")
    assert answer.status_code == 422
    assert answer.get_json()["field"] == field


def test_jobs_are_filtered_by_all_that_is_given(house):
    first = house.accepted(b"Subject: 1\r\n\r\nx", "submit")
    house.decide()
    house.clock.now += 10
    second = house.accepted(b"Subject: 2\r\n\r\nx", "admin")
    assert ids(house.get("/v1/jobs?status=queued")) == [second]
    assert ids(house.get("/v1/jobs?queue=claims-home&label=claim_home&decided_by=model")) == [first]
    assert ids(house.get("/v1/jobs?source=submit-key")) == [first]
    assert ids(house.get("/v1/jobs?source=submit-key&status=queued")) == []
    between = house.get(f"/v1/jobs/{second}").get_json()["created_at"]
    assert ids(house.get(f"/v1/jobs?created_before={between}")) == [first]


def test_a_queued_job_is_cancelled_by_deleting_it(house):
    job_id = house.accepted()
    answer = house.delete(f"/v1/jobs/{job_id}")
    assert answer.status_code == 200
    assert answer.get_json()["status"] == "cancelled"
    assert house.get(f"/v1/jobs/{job_id}").get_json()["status"] == "cancelled"


def test_a_finished_job_is_erased_by_deleting_it(house):
    job_id = house.accepted()
    house.decide()
    answer = house.delete(f"/v1/jobs/{job_id}")
    assert answer.status_code == 204
    assert answer.get_data() == b""
    assert house.get(f"/v1/jobs/{job_id}").status_code == 404


def test_a_running_job_cannot_be_deleted(house):
    job_id = house.accepted()
    house.claimed()
    answer = house.delete(f"/v1/jobs/{job_id}")
    assert answer.status_code == 409
    assert answer.get_json()["type"] == "/problems/wrong-status"


def test_a_submitter_deletes_its_own_jobs_and_no_others(house):
    own, other = house.accepted(b"Subject: 1\r\n\r\nx", "submit"), house.accepted(b"Subject: 2\r\n\r\nx", "admin")
    assert house.delete(f"/v1/jobs/{own}", "submit").status_code == 200
    assert house.delete(f"/v1/jobs/{other}", "submit").status_code == 403
    assert house.delete(f"/v1/jobs/{own}", "admin").status_code == 204


def test_an_empty_review_confirms(house):
    job_id = house.accepted()
    house.decide()
    answer = house.post(f"/v1/jobs/{job_id}/review", "review", json={})
    assert answer.status_code == 200
    assert answer.get_json()["reviewed"] is True
    assert answer.get_json()["decision"]["decided_by"] == "model"
    assert house.store.reviews(job_id)[0].reviewer == "review-key"


def test_a_review_corrects_the_label_and_moves_the_mail(house):
    job_id = house.accepted()
    house.decide()
    word = {"label": "assistance", "reviewer": "alice", "note": "Tonight."}
    job = house.post(f"/v1/jobs/{job_id}/review", json=word).get_json()
    assert job["decision"]["label"] == "assistance"
    assert job["decision"]["queue"] == "assistance"
    assert job["decision"]["decided_by"] == "human"
    assert house.store.reviews(job_id)[0].reviewer == "alice"


@pytest.mark.parametrize(
    ("word", "field"),
    [({"label": "nonsense"}, "/label"), ({"queue": "nonsense"}, "/queue"), ({"lable": "x"}, "/lable"), ([], "")],
)
def test_a_wrong_review_is_422_and_names_the_field(house, word, field):
    job_id = house.accepted()
    house.decide()
    answer = house.post(f"/v1/jobs/{job_id}/review", json=word)
    assert answer.status_code == 422
    assert answer.get_json()["field"] == field


def test_only_a_done_job_can_be_reviewed(house):
    assert house.post(f"/v1/jobs/{house.accepted()}/review", json={}).status_code == 409


def test_a_review_must_be_json(house):
    assert house.post(f"/v1/jobs/{house.accepted()}/review", data="x", content_type="text/plain").status_code == 415


def test_a_failed_job_shows_its_error_and_can_be_retried(house):
    job_id = house.accepted()
    house.fail()
    assert house.get(f"/v1/jobs/{job_id}").get_json()["error"] == "ValueError: broken"
    rings = house.bell.rings
    answer = house.post(f"/v1/jobs/{job_id}/retry", "review")
    assert answer.status_code == 202
    assert answer.get_json()["status"] == "queued"
    assert answer.headers["Location"] == f"/v1/jobs/{job_id}"
    assert house.bell.rings == rings + 1


def test_only_a_failed_job_can_be_retried(house):
    assert house.post(f"/v1/jobs/{house.accepted()}/retry").status_code == 409


def test_the_history_says_what_happened_and_who_did_it(house):
    job_id = house.accepted()
    house.decide()
    house.post(f"/v1/jobs/{job_id}/review", json={"label": "assistance", "reviewer": "alice"})
    events = house.get(f"/v1/jobs/{job_id}/events").get_json()["events"]
    assert [event["kind"] for event in events] == ["accepted", "decided", "reviewed"]
    assert events[0]["actor"] == "key admin-key"


@pytest.mark.parametrize("reviewer", ["sweep", "worker node/1", "key gateway"])
def test_a_reviewer_cannot_pass_for_another_actor_of_the_history(house, reviewer):
    job_id = house.accepted()
    house.decide()
    house.post(f"/v1/jobs/{job_id}/review", "review", json={"reviewer": reviewer})
    event = house.get(f"/v1/jobs/{job_id}/events").get_json()["events"][-1]
    assert (event["actor"], event["detail"]) == ("key review-key", f"confirmed, by {reviewer}")
    assert house.store.reviews(job_id)[0].reviewer == reviewer


def test_a_mail_is_downloaded_as_a_file_and_never_shown(house):
    raw = b"Content-Type: text/html\r\n\r\n<script>alert(1)</script>"
    job_id = house.accepted(raw)
    answer = house.get(f"/v1/jobs/{job_id}/mail", "read")
    assert answer.get_data() == raw
    assert answer.content_type == "message/rfc822"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{job_id}.eml"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_mail_that_came_as_json_is_downloaded_as_json(house):
    job_id = house.post("/v1/emails", json={"subject": "é"}).get_json()["id"]
    answer = house.get(f"/v1/jobs/{job_id}/mail")
    assert json.loads(answer.get_data()) == {"subject": "é"}
    assert answer.content_type == "application/json"


def test_queues_have_a_depth_and_the_age_of_their_oldest_mail(house):
    house.accepted()
    house.decide()
    house.clock.now += 90
    body = house.get("/v1/queues").get_json()
    queue = next(each for each in body["queues"] if each["name"] == "claims-home")
    assert (queue["depth"], queue["unreviewed"], queue["oldest_age_seconds"]) == (1, 1, 90.0)
    assert any(each["depth"] == 0 for each in body["queues"])
    assert body["backlog"] == {"queued": 0, "running": 0, "failed": 0, "oldest_queued_at": None}


def test_the_mails_of_a_queue_are_listed(house):
    job_id = house.accepted()
    house.decide()
    assert ids(house.get("/v1/queues/claims-home/jobs")) == [job_id]
    assert ids(house.get("/v1/queues/triage/jobs")) == []


def test_a_queue_that_only_the_store_knows_is_listed_too(house):
    job_id = house.accepted()
    house.decide(queue="of/old é")
    assert ids(house.get("/v1/queues/of%2Fold%20%C3%A9/jobs")) == [job_id]
    assert "of/old é" in [each["name"] for each in house.get("/v1/queues").get_json()["queues"]]


def test_an_unknown_queue_is_404(house):
    assert house.get("/v1/queues/nonsense/jobs").status_code == 404


def test_the_taxonomy_has_every_label_in_both_languages(house):
    body = house.get("/v1/taxonomy").get_json()
    assert len(body["labels"]) == 13
    assert all(set(label["names"]) == {"fr", "en"} for label in body["labels"])
    assert body["triage"] in body["queues"]


def test_the_models_are_those_that_workers_report(house, beat):
    house.store.beat(beat("w2", "m-2", house.clock.now))
    house.store.beat(beat("w1", "m-1", house.clock.now))
    house.store.beat(beat("w3", "m-1", house.clock.now))
    house.store.beat(beat("gone", "m-0", house.clock.now - 100))
    models = house.get("/v1/models").get_json()["models"]
    assert [(each["version"], [worker["name"] for worker in each["workers"]]) for each in models] == [
        ("m-1", ["w1", "w3"]),
        ("m-2", ["w2"]),
    ]
