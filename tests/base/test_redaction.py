"""The key is taken out of whatever holds it."""

import sys

from nnsight_guide.base import redaction

KEY = "5a0c2a3e-the-secret-0001"


def test_the_key_is_replaced_wherever_it_stands():
    value = {
        "cells": [{"text": f"key={KEY}!", "traceback": [KEY, "fine"], "count": 3}],
        KEY: None,
    }
    assert redaction.redact(value, [KEY]) == {
        "cells": [{"text": "key=[API key]!", "traceback": ["[API key]", "fine"], "count": 3}],
        "[API key]": None,
    }


def test_it_is_found_as_python_json_and_urls_spell_it():
    key = 'odd"key\\with/all of it'
    for text in (
        repr(key),
        '{"key": "odd\\"key\\\\with/all of it"}',
        "?k=odd%22key%5Cwith%2Fall%20of%20it",
    ):
        assert "with" not in redaction.redact(text, [key])


def test_without_a_key_nothing_changes():
    assert redaction.api_keys({}) == redaction.api_keys({"NDIF_API_KEY": ""}) == []
    assert redaction.redact("as it was", []) == "as it was"


def test_what_is_too_short_to_be_a_key_does_not_blot_out_words():
    assert redaction.api_keys({"NDIF_API_KEY": "trace"}) == []
    assert redaction.api_keys({"NDIF_API_KEY": f"{KEY}\n"}) == [KEY]


def test_the_traceback_of_an_unforeseen_error_is_rid_of_it(monkeypatch, capsys):
    monkeypatch.setenv("NDIF_API_KEY", KEY)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    redaction.install_hook()
    try:
        raise ValueError(f"cannot send {KEY}")
    except ValueError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    told = capsys.readouterr().err
    assert told.startswith("Traceback (most recent call last):\n")
    assert told.endswith("ValueError: cannot send [API key]\n")
