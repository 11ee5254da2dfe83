"""Source code of `load` for one layout, for snapshots that this very plan has saved. Knows no saving.

Objects that are fixed are filled again; the others are made anew. Whatever does not fit returns False, and the checked, slow
way does all of it again.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque
from typing import Any

from rollback.envs.plans.arrays import ARRAY, RAW
from rollback.envs.plans.containers import DEQUE, DICT, FROZENSET, LIST, SET, TUPLE
from rollback.envs.plans.kinds import OwnKind
from rollback.envs.plans.layout import Layout
from rollback.envs.plans.leaves import ATOMS, is_left_alone
from rollback.envs.plans.leaves_random import Watch
from rollback.envs.plans.objects import OBJECT, slots_of
from rollback.envs.plans.values import BITS, BYTES, COIN, COUNT, ENUM, GENERATOR, OLD, RANDOM, SHAPE, SPACE

__all__ = ["WRITING_NAMES", "writing"]

WRITING_NAMES: dict[str, Any] = {
    "ATOMS": ATOMS,
    "is_left_alone": is_left_alone,
    "new": object.__new__,
    "new_tuple": tuple.__new__,
    "deque": deque,
    "OrderedDict": OrderedDict,
    "defaultdict": defaultdict,
}  # what the source code of every `load` calls by name


def writing(layout: Layout) -> list[str]:
    """Return the lines of `load(t)`, which returns whether it did; `layout.constants` gets what they call by name."""
    return _Writing(layout).lines


class _Writing:
    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.done: set[int] = set()
        self.body: list[str] = []
        nodes = range(len(layout.nodes))
        for place in nodes:
            if not layout.is_kept(place) and layout.nodes[place].kind is not TUPLE:
                self.make(place)
        for place in nodes:
            if layout.nodes[place].kind is TUPLE:
                self.make_tuple(place)
        for place in nodes:
            if place not in layout.bits:
                self.fill(place)
        self.lines = ["def load(t):", "    try:", *(f"        {line}" for line in self.body or ["pass"])]
        self.lines += ["    except misses:", "        return False", "    return True"]

    def say(self, line: str) -> None:
        self.body.append(line)

    def key(self, key: Any) -> str:
        return repr(key) if type(key) in (str, int) else self.layout.name(key)

    def target(self, place: int, key: Any) -> str:
        """Return what the source code calls the object or constant that an entry links to."""
        target = (self.layout.nodes[place].links or {})[key]
        if type(target) is int and not self.layout.is_kept(target):
            return f"o{target}"
        return self.layout.name(self.layout.entries[place][key])

    def make(self, place: int) -> None:
        layout, node = self.layout, self.layout.nodes[place]
        kind, value, made = node.kind, f"t[{node.path!r}]", f"o{place}"
        if kind is GENERATOR:
            bits = layout.nodes[(node.links or {})["bit_generator"]]  # type: ignore[index]
            self.say(f"{made} = {layout.name(layout.slots[place].put)}(t[{bits.path!r}])")
        elif kind is OBJECT:
            self.say(f"{made} = new({layout.name(type(node.thing))})")
        elif kind is LIST:
            self.say(f"{made} = {value}.copy()")
        elif kind is DEQUE:
            self.say(f"{made} = deque({value}, {node.about!r})")
        elif kind is DICT:
            self.make_dict(place, made)
        elif kind is SET or kind is FROZENSET:
            self.say(f"{made} = {kind.name}({value})")
        elif kind is ARRAY:
            self.say(f"{made} = {value}.copy({repr('F') if 'F' in node.about else ''})")
            if "R" in node.about:
                self.say(f"{made}.flags.writeable = False")
        elif kind in (RAW, RANDOM, OLD, BYTES, SHAPE, COUNT, ENUM, COIN):
            about = layout.name(node.about)
            self.say(f"{made} = {layout.name(kind.shell)}({about}, {value}, names)")
            if not kind.is_immutable:
                self.say(f"{layout.name(kind.fill)}({made}, {about}, {value})")

    def make_dict(self, place: int, made: str) -> None:
        node = self.layout.nodes[place]
        value = "{}" if node.links else f"t[{node.path!r}]"
        form = node.about[0]
        if form == "defaultdict":
            self.say(f"{made} = defaultdict({self.layout.name(node.thing.default_factory)}, {value})")
        else:
            self.say(f"{made} = OrderedDict({value})" if form else f"{made} = {value}{'' if node.links else '.copy()'}")

    def make_tuple(self, place: int) -> None:
        """A tuple needs its tuples first; it can contain itself only through something that is there already."""
        layout, node = self.layout, self.layout.nodes[place]
        if place in self.done:
            return
        self.done.add(place)
        for target in (node.links or {}).values():
            if type(target) is int and layout.nodes[target].kind is TUPLE:
                self.make_tuple(target)
        links = node.links or {}
        parts = [self.target(place, key) if key in links else f"v[{key}]" for key in range(len(node.value))]
        if layout.is_whole(place):
            made = f"tuple(t[{node.path!r}])"
        else:
            self.say(f"v = t[{node.path!r}]")
            self.say(f"if len(v) != {len(parts)}: return False")
            made = f"({''.join(f'{part}, ' for part in parts)})"
        self.say(f"o{place} = {made if node.about == '' else f'new_tuple({layout.name(type(node.thing))}, {made})'}")

    def fill(self, place: int) -> None:
        layout, node = self.layout, self.layout.nodes[place]
        kind, value, is_kept = node.kind, f"t[{node.path!r}]", layout.is_kept(place)
        thing = layout.name(node.thing) if is_kept else f"o{place}"
        if isinstance(kind, OwnKind):
            self.say(f"{layout.name(kind.state.load)}({value})")
        elif kind is OBJECT:
            self.fill_object(place, thing)
        elif kind is SPACE:
            self.say(f"{thing}._np_random = {self.target(place, '_np_random') if '_np_random' in (node.links or {}) else None}")
        elif kind is DICT:
            self.fill_dict(place, thing)
        elif kind is LIST or kind is DEQUE:
            self.fill_list(place, thing)
        elif not is_kept:
            return  # it was made whole
        elif kind is SET:
            self.say(f"{thing}.clear()")
            self.say(f"{thing}.update({value})")
        elif kind is ARRAY:
            self.fill_array(place, thing)
        elif kind is BITS:
            self.say(f"{layout.name(Watch(node.thing).set)}({value})")
        elif kind in (RAW, RANDOM, OLD, BYTES, SHAPE):
            self.say(f"{layout.name(kind.fill)}({thing}, {layout.name(node.about)}, {value})")

    def fill_object(self, place: int, thing: str) -> None:
        layout, node = self.layout, self.layout.nodes[place]
        entries, slots, links = layout.entries[place], slots_of(type(node.thing)), node.links or {}
        has_dict = bool(type(node.thing).__dictoffset__)
        inside = [key for key in entries if key not in slots]
        is_kept = layout.is_kept(place)
        if has_dict:
            self.say(f"d = {thing}.__dict__")
            windows = [key for key in inside if layout.is_left_alone(place, key)]
            empty = [key for key in inside if key not in links and entries[key] is None]
            for number, key in enumerate(windows):
                self.say(f"if not is_left_alone(w{number} := d[{key!r}]): return False")
            if is_kept and empty:  # a window that was opened since stays: the slow way knows one when it sees it
                self.say(f"if not (None is {' is '.join(f'd[{key!r}]' for key in empty)}):")
                self.say(f"    for x in {layout.name(tuple(empty))}:")
                self.say("        if d[x].__class__ not in ATOMS and d[x].__class__ is not tuple: return False")
            atoms = [key for key in inside if key not in links]
            plain = all(key in inside for key in node.value)
            self.say(f"v = t[{node.path!r}]")
            self.say(f"if len(v) != {len(node.value)}: return False")  # attributes come and go within a structure
            self.say("d.update(v)" if plain else f"for x in {atoms!r}: d[x] = v[x]")
            for number, key in enumerate(windows):
                self.say(f"if d[{key!r}] is None: d[{key!r}] = w{number}")
            for key in inside:
                if key in links:
                    self.say(f"d[{key!r}] = {self.target(place, key)}")
            if is_kept:
                self.say(f"if len(d) != {len(node.thing.__dict__)}: return False")
        for key in slots:
            value = self.target(place, key) if key in links else f"t[{node.path!r}][{key!r}]"
            self.say(f"{layout.name(slots[key].__set__)}({thing}, {value})")

    def fill_dict(self, place: int, thing: str) -> None:
        layout, node = self.layout, self.layout.nodes[place]
        links, is_kept = node.links or {}, layout.is_kept(place)
        if is_kept:
            self.say(f"{thing}.clear()")
        if not links:
            if is_kept and node.value:
                self.say(f"{thing}.update(t[{node.path!r}])")
            return
        self.say(f"v = t[{node.path!r}]")
        for key in node.about[2]:
            value = self.target(place, key) if key in links else f"v[{self.key(key)}]"
            self.say(f"{thing}[{self.key(key)}] = {value}")

    def fill_list(self, place: int, thing: str) -> None:
        layout, node = self.layout, self.layout.nodes[place]
        links, is_kept = node.links or {}, layout.is_kept(place)
        value = f"t[{node.path!r}]"
        if is_kept and links:
            self.say(f"v = {value}.copy()")
            value = "v"
        for key in links:
            self.say(f"{value if is_kept else thing}[{key}] = {self.target(place, key)}")
        if is_kept and node.kind is LIST:
            self.say(f"{thing}[:] = {value}")
        elif is_kept:
            self.say(f"{thing}.clear()")
            self.say(f"{thing}.extend({value})")

    def fill_array(self, place: int, thing: str) -> None:
        node = self.layout.nodes[place]
        self.say(f"v = t[{node.path!r}]")
        self.say(f"if v.shape != {thing}.shape or v.dtype != {thing}.dtype: return False")
        if "R" in node.about:
            self.say(f"if v.tobytes() != {thing}.tobytes(): return False")
        else:
            self.say(f"{thing}[...] = v")
