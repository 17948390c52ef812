"""Each table says what a backup does with it."""

from __future__ import annotations

import pytest

import app.models  # noqa: F401  # every table
from app.backup.columns import backup_tables, columns_of, rules_by_table
from app.kit.backup_rule import BackupRule
from app.kit.db import Base

MODELS = sorted((mapper.class_ for mapper in Base.registry.mappers), key=lambda model: model.__name__)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_model_has_a_rule_of_its_own_for_columns_that_it_has(model: type[Base]) -> None:
    rule = vars(model).get("backup")
    assert isinstance(rule, BackupRule), f"add `backup = KEPT` (app/kit/backup_rule.py) to {model.__name__}"
    assert {*rule.left_out, *rule.replaced} <= set(model.__table__.columns.keys())


def test_rows_refer_only_to_tables_that_come_before_them() -> None:
    names = [table.name for table in backup_tables()]
    for place, table in enumerate(backup_tables()):
        referred = {key.column.table.name for key in table.foreign_keys}
        assert referred <= set(names[: place + 1])  # or to rows of their own table


def test_what_is_kept_of_an_installation_and_what_is_not() -> None:
    kept = {table.name for table in backup_tables()}
    assert set(rules_by_table()) - kept == {
        "consumers",
        "counted_windows",
        "flood_buckets",
        "headwords",
        "idempotency_keys",
    }
    assert {"vector"} == {
        name for table in backup_tables() for name in table.columns.keys() - dict(columns_of(table)).keys()
    }
