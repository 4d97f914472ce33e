"""The schema of scenarios against an independent validator and against `scalesim check`:

    - it is a schema of draft-07, names no field twice, explains every field, and all its defaults obey it;
    - every scenario that is shipped obeys it;
    - it refuses the files of tests/bad_scenarios, but for those in beyond_schema.txt there, which it accepts;
    - small changes of the shipped scenarios: what it refuses, `check` refuses too. The other way round is its
      strength, which may not fall below STRENGTH.
"""
import concurrent.futures
import copy
import glob
import json
import os
import subprocess
import sys
import tempfile

from jsonschema import Draft7Validator

PROGRAM = os.environ["SCALESIM"]
ROOT = os.environ["SCALESIM_SOURCE_DIR"]
MUTANTS = int(os.environ.get("SCALESIM_MUTANTS", "500"))  # of all scenarios together
STRENGTH = 0.75  # of what `check` refuses
failures = 0


def fail(message):
    global failures
    failures += 1
    print("FAILED:", message)


def no_twins(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a field stands there twice")
    return members


def no_constant(word):
    raise ValueError(word + " is no JSON")


def read(path):
    with open(path, "rb") as file:
        return json.loads(file.read().decode("utf-8"), object_pairs_hook=no_twins, parse_constant=no_constant)


# ---- the schema itself ----


def check_schema(schema):
    if schema.get("$schema") != "http://json-schema.org/draft-07/schema#":
        fail("the schema does not say that it is of draft-07")
    Draft7Validator.check_schema(schema)
    used = set()

    def walk(node, path):
        if isinstance(node, dict):
            used.add(node.get("$ref", "").removeprefix("#/definitions/"))
            for name, field in node.get("properties", {}).items():
                if "const" not in field and "description" not in field:
                    fail(f"{path}.{name} has no description")
                if "default" in field and not Draft7Validator({**field, **shared}).is_valid(field["default"]):
                    fail(f"{path}.{name} refuses its own default")
            for name, child in node.items():
                walk(child, f"{path}.{name}")
        elif isinstance(node, list):
            for child in node:
                walk(child, path)

    shared = {"definitions": schema["definitions"]}
    walk(schema, "schema")
    for name in schema["definitions"]:
        if name not in used:
            fail(f"nothing uses the definition {name}")


# ---- check ----


def refused_by_check(path):
    status = subprocess.run([PROGRAM, "check", path], capture_output=True, timeout=30).returncode
    if status not in (0, 2):
        fail(f"check {path}: exit {status}")
    return status != 0


# ---- the broken corpus ----


def beyond_schema(folder):
    names = {}
    with open(os.path.join(folder, "beyond_schema.txt")) as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                name, reason = line.split(None, 1)
                names[name] = reason
    return names


def check_corpus(validator):
    folder = os.path.join(ROOT, "tests/bad_scenarios")
    listed = beyond_schema(folder)
    refused = 0
    for path in sorted(glob.glob(folder + "/*.json")):
        name = os.path.basename(path).removesuffix(".json")
        try:
            accepted = validator.is_valid(read(path))
        except (ValueError, RecursionError):  # an editor refuses it before it looks at a schema
            accepted = False
        if not refused_by_check(path):
            fail(f"check accepts {name}")
        if accepted and name not in listed:
            fail(f"the schema accepts {name}; if it cannot tell, list it in tests/bad_scenarios/beyond_schema.txt")
        if not accepted and name in listed:
            fail(f"the schema refuses {name}: take it out of tests/bad_scenarios/beyond_schema.txt")
        refused += not accepted
        listed.pop(name, None)
    for name in listed:
        fail(f"tests/bad_scenarios/beyond_schema.txt names {name}, which is not there")
    print(f"bad scenarios: {refused} refused by the schema, the others by check alone")


# ---- mutants ----


def places(node, path=()):
    """Every member of every object, and every element of every list."""
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        yield path + (key,)
        yield from places(child, path + (key,))


def other_values(value):
    """Values that are near to this one: some wrong, some fine."""
    if isinstance(value, bool):
        return ["yes", 1, not value, None]
    if isinstance(value, (int, float)):
        return [str(value), -1, 0, value + 0.5, value * 1000, 10**17, [value], None]
    if isinstance(value, str):
        return [value + "x", "-" + value, value.rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ/%"),
                value.upper(), value.replace("1", "0"), "9" + value, "none", "", 5, [value], {"law": value}, None]
    if isinstance(value, list):
        return [[], value + value, value + [5], value[0] if value else {}, "none", None]
    return [{}, [value], "none", 1, {"unknown": 1}, None]


def at(node, path):
    for key in path:
        node = node[key]
    return node


def changed(scenario, path, change):
    def make():
        root = copy.deepcopy(scenario)
        change(root, at(root, path[:-1]), path[-1])
        return root
    return make


def mutants(scenario):
    """(what, how to make the mutant): a field gone, misspelt, moved up, added, or of another value."""
    for path in places(scenario):
        where = ".".join(map(str, path))
        yield f"without {where}", changed(scenario, path, lambda root, parent, key: parent.pop(key))
        if isinstance(path[-1], str):
            for what, name in (("without a letter", path[-1][:-1]), ("with a blank", path[-1] + " ")):
                yield f"{where} {what}", changed(
                    scenario, path, lambda root, parent, key, name=name: parent.__setitem__(name, parent.pop(key)))
            yield f"{where} at the top", changed(
                scenario, path, lambda root, parent, key: root.__setitem__(key, parent[key]))
        for value in other_values(at(scenario, path)):
            yield f"{where} = {json.dumps(value)[:60]}", changed(
                scenario, path, lambda root, parent, key, value=value: parent.__setitem__(key, value))


def check_mutant(validator, name, what, mutant):
    """Whether the schema and check refuse it."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(mutant, file)
        file.flush()
        refused = not validator.is_valid(mutant), refused_by_check(file.name)
    if refused[0] and not refused[1]:
        error = next(validator.iter_errors(mutant))
        fail(f"{name}, {what}: check accepts it, the schema says {error.message[:200]}")
    return refused


def check_mutants(validator, scenarios):
    every = [(os.path.basename(path), what, make) for path, scenario in scenarios for what, make in mutants(scenario)]
    chosen = every[::-(-len(every) // MUTANTS)]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda one: check_mutant(validator, one[0], one[1], one[2]()), chosen))
    by_schema = sum(schema for schema, check in results)
    by_check = sum(check for schema, check in results)
    both = sum(schema and check for schema, check in results)
    print(f"mutants: {len(results)} of {len(every)}; check refuses {by_check}, the schema {by_schema}, "
          f"both {both}: it tells {100 * both / by_check:.0f}% of the mistakes")
    if both < STRENGTH * by_check:
        fail(f"the schema refuses less than {STRENGTH:.0%} of what check refuses")


def main():
    schema = read(os.path.join(ROOT, "docs/scenario.schema.json"))
    check_schema(schema)
    validator = Draft7Validator(schema)
    scenarios = [(path, read(path))
                 for path in sorted(glob.glob(ROOT + "/scenarios/**/*.json", recursive=True))]
    for path, scenario in scenarios + [("app/starter.json", read(os.path.join(ROOT, "app/starter.json")))]:
        for error in validator.iter_errors(scenario):
            fail(f"{path}: {'.'.join(map(str, error.absolute_path))}: {error.message[:200]}")
    check_corpus(validator)
    check_mutants(validator, scenarios)
    print(f"{failures} failures")
    sys.exit(failures > 0)


main()
