import html.parser
import json
import re

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012


@pytest.fixture
def document(house):
    return house.client.get("/openapi.json").get_json()


def routes(app):
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/v1/"):
            for method in rule.methods - {"HEAD", "OPTIONS"}:
                yield re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method.lower()


def contents(document):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
            for body in bodies:
                for content_type, said in body.get("content", {}).items():
                    yield f"{method} {path} {content_type}", said


def checked(document, schema, value):
    registry = Registry().with_resource("urn:api", Resource(contents=document, specification=DRAFT202012))
    rooted = json.loads(json.dumps(schema).replace('"#/components', '"urn:api#/components'))
    Draft202012Validator(rooted, registry=registry).validate(value)


def test_the_document_is_valid_openapi_3_1(document):
    assert document["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(document).validate()


def test_every_route_under_v1_is_in_the_document_and_the_other_way_round(house, document):
    written = {
        (path, method) for path, methods in document["paths"].items() if path.startswith("/v1/") for method in methods
    }
    assert written == set(routes(house.app))


def test_every_example_is_valid(document):
    examples = [(where, said) for where, said in contents(document) if "example" in said]
    assert len(examples) >= 4
    for _, said in examples:
        checked(document, said["schema"], said["example"])


def test_every_reference_leads_somewhere(document):
    names = set(re.findall(r'"#/components/schemas/([^"]+)"', str(document).replace("'", '"')))
    assert names <= set(document["components"]["schemas"])


def test_the_fields_of_a_mail_are_in_the_document(document):
    fields = document["components"]["schemas"]["EmailIn"]["properties"]
    assert set(fields) >= {"from", "to", "cc", "reply_to", "subject", "text", "html", "headers", "message_id"}
    assert set(fields) >= {"received_at", "attachments", "callback_url", "metadata"}
    assert document["components"]["schemas"]["EmailIn"]["additionalProperties"] is False


def test_what_is_answered_is_what_the_document_says(house, document):
    job_id = house.accepted()
    house.decide()
    house.post(f"/v1/jobs/{job_id}/review", json={})
    for template, path in (
        ("/v1/jobs/{job_id}", f"/v1/jobs/{job_id}"),
        ("/v1/jobs/{job_id}/events", f"/v1/jobs/{job_id}/events"),
        ("/v1/jobs", "/v1/jobs?limit=1"),
        ("/v1/queues", "/v1/queues"),
        ("/v1/queues/{name}/jobs", "/v1/queues/claims-home/jobs"),
        ("/v1/taxonomy", "/v1/taxonomy"),
        ("/v1/models", "/v1/models"),
        ("/healthz", "/healthz"),
    ):
        said = document["paths"][template]["get"]["responses"]["200"]["content"]["application/json"]
        checked(document, said["schema"], house.get(path).get_json())


def test_an_accepted_mail_and_a_batch_are_answered_as_the_document_says(house, document):
    said = document["paths"]["/v1/emails"]["post"]["responses"]["202"]["content"]["application/json"]
    checked(document, said["schema"], house.mail().get_json())
    lines = house.post("/v1/emails", data=b'{"text":"a"}\n{', content_type="application/x-ndjson").get_json()
    checked(document, said["schema"], lines)


def test_a_problem_is_as_the_document_says(house, document):
    said = document["paths"]["/v1/jobs"]["get"]["responses"]["422"]["content"]["application/problem+json"]
    checked(document, said["schema"], house.get("/v1/jobs?limit=0").get_json())


def test_every_operation_says_which_scope_it_needs(document):
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert bool(operation["security"]) == path.startswith("/v1/")


class Links(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.ids, self.anchors, self.foreign, self.inline = set(), set(), [], []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.ids.add(given.get("id"))
        for name in ("href", "src", "action"):
            value = given.get(name, "")
            if value.startswith("#"):
                self.anchors.add(value[1:])
            elif value and not value.startswith("/"):
                self.foreign.append(value)
        if tag in {"script", "style"} or "style" in given or any(name.startswith("on") for name in given):
            self.inline.append(tag)


def test_the_page_needs_no_foreign_host_and_no_inline_script_or_style(house):
    page = house.client.get("/docs")
    links = Links()
    links.feed(page.get_data(as_text=True))
    assert links.foreign == []
    assert links.inline == []
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_every_anchor_of_the_page_leads_somewhere(house):
    links = Links()
    links.feed(house.client.get("/docs").get_data(as_text=True))
    assert links.anchors - links.ids == set()


def test_the_page_has_every_operation_and_schema(house, document):
    page = house.client.get("/docs").get_data(as_text=True)
    for methods in document["paths"].values():
        for operation in methods.values():
            assert f'id="{operation["operationId"]}"' in page
    for name in document["components"]["schemas"]:
        assert f'id="schema-{name}"' in page
