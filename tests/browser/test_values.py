"""Values between page and Python: numbers, text, lists, dicts, arrays, both ways and without proxies."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.stage import Tab

ECHO = Path(__file__).with_name("echo_environment.py").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def echo(python: Tab) -> Iterator[Tab]:
    """A page whose Python gives back what it gets."""
    python.evaluate("async (code) => { await python.initEnv(code); await python.reset(); }", ECHO)
    return python


TO_THE_PAGE = {
    "0": "0",
    "-7": "-7",
    "1.5": "1.5",
    "-0.0": "-0",
    "float('nan')": "NaN",
    "float('-inf')": "-Infinity",
    "5e-324": "5e-324",
    "True": "true",
    "None": "undefined",
    "2**53 - 1": "9007199254740991",
    "-2**53 + 1": "-9007199254740991",
    "2**53": "9007199254740992n",
    "2**53 + 1": "9007199254740993n",
    "-2**70": "-1180591620717411303424n",
    "2.0**60": "1152921504606847000",
    "''": '""',
    "'h\\u00e9 \\U0001f600 \\0'": '"h\u00e9 \U0001f600 \\u0000"',
    "'\\ud800'": '"\\ud800"',
    "[]": "[]",
    "{}": "{}",
    "[1, [2.5, [None, ()]]]": "[1, [2.5, [undefined, []]]]",
    "(1, 'a')": '[1, "a"]',
    "{'a': 1, 'b': {'c': []}}": "{a: 1, b: {c: []}}",
    "{'__proto__': 1, 'constructor': 2}": "{__proto__: 1, constructor: 2}",
    "{0: 'left', 1: 'right'}": 'Map{0 => "left", 1 => "right"}',
    "{1: 'b', 0: 'a'}": 'Map{1 => "b", 0 => "a"}',
    "{'0': 1}": 'Map{"0" => 1}',
    "{'b': 2, '1': 1}": 'Map{"b" => 2, "1" => 1}',
    "{(1, 2): -0.0, None: True}": "Map{[1, 2] => -0, undefined => true}",
    "b''": "Uint8Array()",
    "b'\\x00\\xff'": "Uint8Array(0, 255)",
    "bytearray(b'a')": "Uint8Array(97)",
    "Color.RED": "1",
    "memoryview(b'abcd')[1:3]": "Uint8Array(98, 99)",
    "memoryview(b'abcd').cast('B', (2, 2))": "{shape: [2, 2], data: Uint8Array(97, 98, 99, 100)}",
    "array.array('b', [-1])": "Int8Array(-1)",
    "array.array('h', [-2, 3])": "Int16Array(-2, 3)",
    "array.array('H', [65535])": "Uint16Array(65535)",
    "array.array('i', [-2**31])": "Int32Array(-2147483648)",
    "array.array('I', [2**32 - 1])": "Uint32Array(4294967295)",
    "array.array('l', [-1])": "Int32Array(-1)",
    "array.array('f', [1.5, float('nan')])": "Float32Array(1.5, NaN)",
    "array.array('d', [0.1, -0.0])": "Float64Array(0.1, -0)",
    "array.array('q', [-2**63])": "BigInt64Array(-9223372036854775808n)",
    "array.array('Q', [2**64 - 1])": "BigUint64Array(18446744073709551615n)",
    "array.array('d')": "Float64Array()",
}


def test_values_of_python_arrive_in_the_page_with_their_types(echo: Tab) -> None:
    ask = "async (made) => Promise.all(made.map(async (text) => shown((await python.step(['make', text])).observation)))"
    came = echo.evaluate(ask, list(TO_THE_PAGE))
    assert dict(zip(TO_THE_PAGE, came, strict=True)) == TO_THE_PAGE


TO_PYTHON = {
    "0": "int 0",
    "-0": "-0.0",
    "1.5": "1.5",
    "NaN": "nan",
    "-Infinity": "-inf",
    "2 ** 53 - 1": "int 9007199254740991",
    "2 ** 60": "1.152921504606847e+18",
    "5n": "int 5",
    "2n ** 53n + 1n": "int 9007199254740993",
    "-(2n ** 70n)": "int -1180591620717411303424",
    "true": "bool True",
    "null": "None",
    "undefined": "None",
    "'h\u00e9 \U0001f600'": "'h\u00e9 \U0001f600'",
    "'\\ud800'": "'\\ud800'",
    "[]": "[]",
    "({})": "{}",
    "new Map()": "{}",
    "[1, [2.5, [null, -0]]]": "[1, [2.5, [None, -0.0]]]",
    "({ a: 1, b: { c: [] } })": "{'a': 1, 'b': {'c': []}}",
    "({ 0: 'left', 1: 'right' })": "{0: 'left', 1: 'right'}",
    "({ '-1': 'back' })": "{-1: 'back'}",
    "({ 0: 1, a: 2 })": "{'0': 1, 'a': 2}",
    "({ '007': 1 })": "{'007': 1}",
    "({ ['__proto__']: 1 })": "{'__proto__': 1}",
    "new Map([[1, 'b'], [0, 'a']])": "{1: 'b', 0: 'a'}",
    "new Map([['0', 1], [null, 2], [1.5, 3]])": "{'0': 1, None: 2, 1.5: 3}",
    "new Map([[[1, [2]], 3]])": "{(1, (2,)): 3}",
    "new Uint8Array([0, 255])": "b'\\x00\\xff'",
    "new Uint8ClampedArray([300])": "b'\\xff'",
    "new Uint8Array([1, 2, 3, 4]).subarray(1, 3)": "b'\\x02\\x03'",
    "new Uint8Array(0)": "b''",
    "new ArrayBuffer(2)": "b'\\x00\\x00'",
    "new DataView(new ArrayBuffer(1))": "b'\\x00'",
    "new Int8Array([-1])": "array('b', [-1])",
    "new Int16Array([-2, 3])": "array('h', [-2, 3])",
    "new Uint16Array([65535])": "array('H', [65535])",
    "new Int32Array([-(2 ** 31)])": "array('i', [-2147483648])",
    "new Uint32Array([2 ** 32 - 1])": "array('I', [4294967295])",
    "new Float32Array([1.5, NaN])": "array('f', [1.5, nan])",
    "new Float64Array([0.1, -0])": "array('d', [0.1, -0.0])",
    "new BigInt64Array([-(2n ** 63n)])": "array('q', [-9223372036854775808])",
    "new BigUint64Array([2n ** 64n - 1n])": "array('Q', [18446744073709551615])",
    "new Float64Array(0)": "array('d')",
}


def test_values_of_the_page_arrive_in_python_with_their_types(echo: Tab) -> None:
    made = ", ".join(f"({value})" for value in TO_PYTHON)
    ask = f"async () => Promise.all([{made}].map(async (value) => (await python.step(['show', value])).observation))"
    assert dict(zip(TO_PYTHON, echo.evaluate(ask), strict=True)) == TO_PYTHON


def drawn(dice: random.Random, depth: int = 0) -> Any:
    """Draw a value whose type survives the way through the page: no tuples, and no whole floats."""
    leaves: list[Any] = [None, True, False, dice.randrange(-10, 10), 2**53 + dice.randrange(-2, 3), -(2 ** dice.randrange(90))]
    leaves += [dice.random(), -0.0, 1e300 + 0.0, dice.randbytes(dice.randrange(9)), "0", "", "a\u00e9\U0001f600"]
    if depth > 3 or dice.random() < 0.5:
        leaf = dice.choice(leaves)
        return leaf if not (isinstance(leaf, float) and leaf.is_integer() and leaf) else 0.5
    size = dice.randrange(4)
    if dice.random() < 0.4:
        return [drawn(dice, depth + 1) for _ in range(size)]
    keys: list[Any] = dice.sample(
        dice.choice([["a", "b", "__proto__", "10x"], [0, 1, -5, 2**60], ["0", "1", "x"], [0, "0", 0.5, None]]), 3
    )
    return {key: drawn(dice, depth + 1) for key in keys[:size]}


def test_drawn_values_come_back_from_the_page_as_they_were(echo: Tab) -> None:
    dice = random.Random(6)
    made = [repr(drawn(dice)) for _ in range(200)]
    assert len(set(made)) > 100 and max(map(len, made)) > 100, "the premise"
    came = echo.evaluate(
        """async (made) => {
            const came = [];
            for (const text of made) {
                const { observation } = await python.step(["make", text]);
                came.push((await python.step(["compare", observation])).observation);
            }
            return came;
        }""",
        made,
    )
    assert came == [True] * 200


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        ("object()", "value['observation']: object cannot cross to the page"),
        ("[1, {'a': Opaque()}]", "value['observation'][1]['a']: Opaque cannot cross to the page"),
        ("{1, 2}", "value['observation']: set cannot cross to the page"),
        ("1j", "complex cannot cross"),
        ("[[]] * 1 and (lambda l: (l.append(l), l)[1])([])", "nested deeper than 64 levels"),
    ],
)
def test_what_cannot_cross_to_the_page_is_named_with_its_place(echo: Tab, made: str, sentence: str) -> None:
    error = echo.evaluate("(made) => outcome(python.step(['make', made]))", made)["error"]
    assert error["name"] == "UsageError" and sentence in error["message"]


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        ("new Date(0)", "value[1]: Date cannot cross to Python"),
        ("[1, { a: new Set() }]", "value[1][1].a: Set cannot cross to Python"),
        ("/x/", "RegExp cannot cross"),
        ("(() => { const list = []; list.push(list); return list; })()", "nested deeper than 64 levels"),
        ("() => 1", "could not be cloned"),
        ("Symbol('x')", "could not be cloned"),
    ],
)
def test_what_cannot_cross_to_python_is_named_with_its_place(echo: Tab, made: str, sentence: str) -> None:
    error = echo.evaluate(f"() => outcome(python.step(['show', {made}]))")["error"]
    assert sentence in error["message"]
    assert echo.evaluate("() => python.pending") == 0


def test_a_thousand_round_trips_leave_no_proxy_behind(echo: Tab) -> None:
    counted = """async () => {
        const ask = "len(__import__('gc').get_objects())";
        const count = async () => (await python.step(["make", ask])).observation;
        await count();
        const before = await count();
        for (let turn = 0; turn < 1000; turn++) await python.step(["show", { a: [new Uint8Array(8)], 0: "b" }]);
        return (await count()) - before;
    }"""
    assert abs(echo.evaluate(counted)) < 300
