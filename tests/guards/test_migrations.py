"""No migration breaks the version before it, which runs on while the next one is rolled out.

Twice looked at: by what a migration does, and by what the versions in the history say to the newest schema.
"""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from textwrap import dedent, indent
from types import ModuleType

import pytest
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from expansion import Objection, complaints, witness
from sqlalchemy import NullPool, create_engine

from routing.store import migrations
from routing.store.opening import parse

ROOT = Path(__file__).parents[2]
EXCUSED = {"0002_since_0001", "0004_since_0001"}
"""Those that stall, from before the first release: no database had mail."""


def scripts():
    return list(ScriptDirectory(str(Path(migrations.__file__).parent)).walk_revisions())[::-1]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request, tmp_path):
    return (
        f"sqlite:///{tmp_path / 'new.db'}"
        if request.param == "sqlite"
        else request.getfixturevalue("empty_postgres_url")
    )


@pytest.fixture
def context(url):
    """Migrations on a database without tables; what they do is undone."""
    engine = create_engine(parse(url), poolclass=NullPool)
    with engine.connect() as connection:
        yield MigrationContext.configure(connection)


def test_every_migration_does_what_its_name_and_version_promise(context):
    before = ""
    for script in scripts():
        objections = witness(script.module, context)
        if script.revision in EXCUSED:
            assert any(not objection.breaks for objection in objections), "it needs no excuse any more"
            objections = [objection for objection in objections if objection.breaks]
        assert complaints(script.revision, before, Path(script.path).stem, objections) == []
        before = script.revision


def migration(body):
    """The module of a migration whose `upgrade` does this."""
    made = ModuleType("made_up")
    code = f"import sqlalchemy as sa\nfrom alembic import op\ndef upgrade():\n{indent(dedent(body), '    ')}"
    exec(code, made.__dict__)  # noqa: S102 - our own words, as a migration's file would have them
    return made


BREAKING = {
    "op.drop_table('viewers')": "DropTable on viewers",
    "op.rename_table('viewers', 'onlookers')": "RenameTable on viewers",
    "op.drop_column('jobs', 'defects')": "DropColumn on jobs",
    "op.alter_column('jobs', 'defects', new_column_name='faults')": "AlterColumn on jobs",
    "op.alter_column('workers', 'model', nullable=False)": "AlterColumn on workers",
    "op.alter_column('workers', 'model', type_=sa.LargeBinary(), postgresql_using='model::bytea')": "AlterColumn",
    "op.add_column('workers', sa.Column('room', sa.Text(), nullable=False))": "may not be null and has no default",
    "op.add_column('workers', sa.Column('room', sa.Text(), unique=True))": "is unique",
    "op.add_column('workers', sa.Column('room', sa.Text(), sa.CheckConstraint('room > 1')))": "has a check",
    "op.add_column('workers', sa.Column('job', sa.Text(), sa.ForeignKey('jobs.id')))": "delete nothing from jobs",
    "op.create_index('one_subject', 'jobs', ['subject'], unique=True)": "forbids in jobs",
    "op.execute('CREATE UNIQUE INDEX one_subject ON jobs (subject)')": "forbids in jobs",
    "op.create_check_constraint('sized', 'jobs', 'size > 1')": "CreateCheckConstraint on jobs",
    "op.create_unique_constraint('named', 'jobs', ['subject'])": "CreateUniqueConstraint on jobs",
    "op.create_foreign_key('known', 'acts', 'users', ['actor'], ['key'])": "CreateForeignKey on acts",
    "op.drop_index('jobs_repeats')": "DropIndex",
    "op.drop_constraint('jobs_status_known', 'jobs')": "DropConstraint on jobs",
    "op.create_table('notes', sa.Column('job', sa.Text(), sa.ForeignKey('jobs.id')))": "delete nothing from jobs",
    """
    op.create_table('notes', sa.Column('job', sa.Text()), sa.ForeignKeyConstraint(['job'], ['jobs.id']))
    """: "delete nothing from jobs",
    """
    op.create_table('notes', sa.Column('job', sa.Text()))
    op.create_foreign_key('known', 'notes', 'jobs', ['job'], ['id'])
    """: "delete nothing from jobs",
    """
    with op.batch_alter_table('jobs') as jobs:
        jobs.drop_column('defects')
    """: "makes jobs anew",
    "op.execute('DELETE FROM workers')": "deletes from workers",
    "op.execute('DROP TABLE viewers')": "changes viewers, which",
    "op.execute('ALTER TABLE jobs DROP COLUMN defects')": "changes jobs, which",
    "op.execute('SELECT 1; DROP TABLE viewers')": "says several things at once",
    "op.execute('INSERT INTO counted (id, until) VALUES (7, 0);DROP TABLE viewers')": "says several things at once",
    "op.execute('CREATE TRIGGER t AFTER INSERT ON users BEGIN SELECT 1; END; DROP TABLE users')": "several things",
    "op.execute('CREATE TABLE notes (job uuid REFERENCES jobs (id))')": "delete nothing from jobs",
    """
    op.execute('CREATE TABLE IF NOT EXISTS viewers (name text)')
    op.execute('DROP TABLE viewers')
    """: "changes viewers, which",
    """
    op.create_table('viewers', sa.Column('name', sa.Text()), if_not_exists=True)
    op.drop_table('viewers')
    """: "DropTable on viewers",
    "op.execute('WITH gone AS (DELETE FROM workers RETURNING 1) SELECT 1')": "nobody can judge here: WITH",
    "op.execute('UPDATE public.jobs SET size = 1')": "nobody can judge here: UPDATE public",
    "op.execute('CREATE TRIGGER t AFTER INSERT ON jobs BEGIN SELECT 1; END')": "a trigger on jobs",
}
STALLING = {
    "op.create_index('by_size', 'jobs', ['size'])": "without if_not_exists",
    "op.execute('CREATE INDEX by_size ON jobs (size)')": "without if_not_exists",
    "op.execute(\"UPDATE jobs SET excerpt = ''\")": "changes all of jobs",
    "op.add_column('jobs', sa.Column('dice', sa.Double(), server_default=sa.text('(random())')))": "computed for every",
    "op.add_column('jobs', sa.Column('twice', sa.Integer(), sa.Computed('size * 2', persisted=True)))": "computed for",
    "op.add_column('jobs', sa.Column('number', sa.Integer(), sa.Identity()))": "computed for every",
    "op.add_column('jobs', sa.Column('room', sa.Text(), index=True))": "an index on jobs without if_not_exists",
    "op.execute('INSERT INTO counted (id, until) SELECT size, 0 FROM jobs')": "reads all of jobs",
    "op.execute('SELECT * INTO copies FROM jobs')": "reads all of jobs",
    "op.execute('CREATE TABLE copies AS SELECT * FROM mails')": "reads all of mails",
    "op.execute('SELECT count(*) FROM ONLY public.jobs')": "reads all of jobs",
    "op.execute('UPDATE users SET role = a.id FROM keys AS k, acts a WHERE a.id = k.id')": "reads all of acts",
    """
    key = sa.ForeignKeyConstraint(['job'], ['jobs.id'], ondelete='CASCADE')
    op.create_table('notes', sa.Column('job', sa.UUID()), key)
    op.execute('INSERT INTO notes (job) SELECT id FROM jobs')
    """: "reads all of jobs",
}
HARMLESS = (
    "op.add_column('jobs', sa.Column('room', sa.Text()))",
    "op.add_column('jobs', sa.Column('floor', sa.Integer(), nullable=False, server_default='0'))",
    "op.create_index('by_size', 'jobs', ['size'], if_not_exists=True)",
    "op.create_index('by_room', 'workers', ['name'])",
    "op.execute(\"UPDATE users SET language = 'fr' WHERE language IS NULL\")",
    "op.execute('INSERT INTO counted (id, until) VALUES (7, 0)')",
    """
    key = sa.ForeignKeyConstraint(['job'], ['jobs.id'], ondelete='CASCADE')
    identifier = sa.Text().with_variant(sa.UUID(as_uuid=False), 'postgresql')
    op.create_table('notes', sa.Column('job', identifier), sa.Column('text', sa.Text()), key)
    op.create_index('one_note', 'notes', ['job'], unique=True)
    op.execute("INSERT INTO notes (text) SELECT name || '; DROP TABLE jobs' FROM users;")
    op.execute("UPDATE notes SET text = ''")
    op.execute('CREATE TABLE seen (name text, "user" uuid REFERENCES users ON DELETE SET NULL)')
    op.execute('DROP TABLE seen')
    op.drop_column('notes', 'text')
    """,
)


def in_words(body):
    """Look at a migration that is only written down: no one database could run all of these."""
    opts = {"as_sql": True, "output_buffer": StringIO()}
    return witness(migration(body), MigrationContext.configure(dialect_name="postgresql", opts=opts))


@pytest.mark.parametrize("body", BREAKING)
def test_a_migration_that_breaks_the_version_before_is_refused(body):
    assert_refused(in_words(body), BREAKING[body], breaks=True)


@pytest.mark.parametrize("body", STALLING)
def test_a_migration_that_keeps_mail_waiting_is_refused(body):
    assert_refused(in_words(body), STALLING[body], breaks=False)


def assert_refused(objections, words, *, breaks):
    assert [(objection.breaks, words in objection.why) for objection in objections] == [(breaks, True)]
    said = "0009_words breaks the version before: " if breaks else "0009_words stalls: "
    assert complaints("0009_since_0001", "0008_since_0001", "0009_words", objections) == [said + objections[0].why]


BELOW = {
    "op.get_bind().exec_driver_sql('ALTER TABLE counted RENAME TO told')": "changes counted, which",
    """
    def quietly(connection):
        connection.exec_driver_sql('ALTER TABLE counted RENAME TO told')
    sa.event.listen(op.get_bind(), 'after_cursor_execute', lambda *_: quietly(op.get_bind()), once=True)
    op.add_column('users', sa.Column('room', sa.Text()))
    """: "changes counted, which",
}


@pytest.mark.parametrize("body", BELOW)
def test_what_is_done_past_or_below_the_operations_is_seen_too(context, body):
    for script in scripts():
        witness(script.module, context)
    assert_refused(witness(migration(body), context), BELOW[body], breaks=True)


def test_a_migration_with_a_way_down_is_refused():
    module = migration("pass")
    module.downgrade = module.upgrade
    opts = {"as_sql": True}
    [objection] = witness(module, MigrationContext.configure(dialect_name="postgresql", opts=opts))
    assert "a way down" in objection.why


def test_a_migration_that_only_adds_is_let_through(context):
    for script in scripts():
        witness(script.module, context)
    for body in HARMLESS:
        assert witness(migration(body), context) == [], body


DROPS = [Objection(why="DropColumn on jobs, which the version before uses as it is")]


@pytest.mark.parametrize(
    ("revision", "file", "objections", "said"),
    [
        ("0009_since_0008", "0009_contract_defects", DROPS, []),
        ("0009_since_0009", "0009_contract_defects", DROPS, []),
        ("0009_since_0005", "0009_words", [], []),
        ("0009_since_0005", "0009_contract_defects", DROPS, ["shuts nobody out: call its version 0009_since_0009"]),
        ("0009_since_0008", "0009_defects", [], ["is not called 0009_contract_"]),
        ("0009_since_0008", "0009_defects", DROPS, ["breaks the version before", "is not called 0009_contract_"]),
        ("0009_since_0001", "0009_words", [], ["serves versions since 0001, which 0008_since_0005 shut out"]),
        ("0009_since_0005", "0008_words", [], ["does not begin with its number"]),
    ],
)
def test_what_takes_away_is_named_so_and_shuts_out_whom_it_breaks(revision, file, objections, said):
    found = complaints(revision, "0008_since_0005", file, objections)
    assert len(found) == len(said)
    assert all(words in line for words, line in zip(said, found, strict=True))
