#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
"""validate-json.py SCHEMA [FILE]: checks each JSON document in FILE against a schema of docs/schema.

Stricter than JSON Schema: a member that the schema does not describe is an error, so that the
schema describes all members. Supports only the keywords that the schemas use.
"""
import json, re, sys

KEYWORDS = {"$schema", "title", "description", "type", "const", "enum", "properties", "required", "items",
            "additionalProperties", "format"}
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None), "integer": int}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def has_type(value, name):
    if name == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, TYPES[name]) and (name != "integer" or not isinstance(value, bool))


def validate(value, schema, path):
    """Yields a sentence per error."""
    if unknown := schema.keys() - KEYWORDS:
        yield f"{path}: the schema has unsupported keywords {unknown}"
    types = schema.get("type", [])
    if types and not any(has_type(value, name) for name in ([types] if isinstance(types, str) else types)):
        yield f"{path}: {value!r} is not of type {types}"
        return
    if "const" in schema and value != schema["const"]:
        yield f"{path}: {value!r} is not {schema['const']!r}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{path}: {value!r} is none of {schema['enum']}"
    if schema.get("format") == "date-time" and not TIME.fullmatch(value):
        yield f"{path}: {value!r} is not a time"
    if isinstance(value, list):
        for i, item in enumerate(value):
            yield from validate(item, schema["items"], f"{path}[{i}]")
    elif isinstance(value, dict):
        for key in schema.get("required", []):
            if key not in value:
                yield f"{path}: lacks {key}"
        for key, item in value.items():
            inner = schema.get("properties", {}).get(key, schema.get("additionalProperties"))
            if inner is None:
                yield f"{path}: has the undescribed member {key}"
            else:
                yield from validate(item, inner, f"{path}.{key}")


text = (open(sys.argv[2], encoding="utf-8") if len(sys.argv) > 2 else sys.stdin).read().strip()
with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
decoder, errors, count = json.JSONDecoder(), [], 0
while text:
    document, end = decoder.raw_decode(text)
    text = text[end:].strip()
    count += 1
    errors += validate(document, schema, "document")
if count == 0:
    errors.append("there is no document")
print(*errors[:10], sep="\n", end="\n" if errors else "")
sys.exit(bool(errors))
