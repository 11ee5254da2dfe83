"""How the page of a study asks its server and brings data there, with a server that acts. No Python runs in the page."""

from __future__ import annotations

from typing import Any

from tests.browser.stage import Tab

# A server with one list of pieces, as strict as the real one; `moods` are what it does to the next uploads.
ACTING = """
    const { StudyUploads } = await import("/web/study-uploads.js");
    const { StudyError, StudyServer } = await import("/web/study-server.js");
    class Acting {
        pieces = [];
        moods = [];
        async upload(episode, piece, sha256, data) {
            const mood = this.moods.shift();
            if (mood) throw new StudyError({ code: mood, error: `no: ${mood}` });
            const expected = this.pieces.length;
            if (piece > expected || (piece < expected && this.pieces[piece] !== sha256)) {
                throw new StudyError({ code: "chunk", error: "another number", expected });
            }
            if (piece === expected) this.pieces.push(sha256);
            return this.pieces.length;
        }
    }
    const pieceOf = (sha256) => ({ sha256, data: new Uint8Array(1) });
    // What `fetch` answers, one after the other; a number is a status without a body of JSON.
    const answering = (...answers) => {
        const asked = [];
        window.fetch = async (address, { headers, body }) => {
            asked.push([address, headers.authorization ?? null, body]);
            const answer = answers.shift();
            if (answer === undefined) throw new TypeError("the line is lost");
            if (typeof answer === "number") return new Response("<html>", { status: answer });
            const { status = 200, ...told } = answer;
            return new Response(JSON.stringify(told), { status });
        };
        return asked;
    };
"""


def run(tab: Tab, body: str) -> Any:
    return tab.evaluate(f"async () => {{ {ACTING} {body} }}")


def test_pieces_come_in_their_order_and_each_once(tab: Tab) -> None:
    assert run(
        tab,
        """const server = new Acting(), uploads = new StudyUploads(server);
           uploads.begin(1, 0);
           for (const name of "abc") uploads.add(pieceOf(name));
           await uploads.done();
           uploads.add(pieceOf("d"));
           await uploads.done();
           await uploads.done();
           return [server.pieces, uploads.problem];""",
    ) == [["a", "b", "c", "d"], ""]


def test_a_page_that_was_loaded_again_goes_on_behind_what_the_one_before_sent(tab: Tab) -> None:
    assert run(
        tab,
        """const server = new Acting(), uploads = new StudyUploads(server);
           uploads.begin(1, 1);
           server.pieces = ["a", "b"];  // the second one was on its way when this page asked
           for (const name of "cd") uploads.add(pieceOf(name));
           await uploads.done();
           uploads.add(pieceOf("e"));
           await uploads.done();
           return [server.pieces, uploads.problem];""",
    ) == [["a", "b", "c", "d", "e"], ""]


def test_what_the_server_does_not_take_is_told_and_never_tried_again(tab: Tab) -> None:
    assert run(
        tab,
        """const server = new Acting(), uploads = new StudyUploads(server);
           server.moods = ["", "quota"];
           uploads.begin(1, 0);
           for (const name of "abc") uploads.add(pieceOf(name));
           await uploads.done();
           return [server.pieces, uploads.problem];""",
    ) == [["a"], "no: quota"]


def test_waiting_for_uploads_has_an_end_where_one_is_named(tab: Tab) -> None:
    assert (
        run(
            tab,
            """const server = { upload: () => new Promise(() => {}) }, uploads = new StudyUploads(server);
           uploads.begin(1, 0);
           uploads.add(pieceOf("a"));
           await uploads.done(20);
           return "here";""",
        )
        == "here"
    )


def test_a_lost_line_and_a_busy_server_are_tried_again_and_told(tab: Tab) -> None:
    lines, asked, told = run(
        tab,
        """const later = { status: 503, ok: false, code: "busy", error: "later" };
           const lines = [], asked = answering(undefined, 502, later, { ok: true, stage: "x" });
           const server = new StudyServer("again", (isThere) => lines.push(isThere));
           return [lines, asked, await server.ask("look", { a: 1 })].map((each) => structuredClone(each));""",
    )
    assert told == {"ok": True, "stage": "x"} and [address for address, _, _ in asked] == ["/study/look"] * 4
    assert lines == [False, False, False, True]


def test_a_refusal_is_a_sentence_and_is_not_tried_again(tab: Tab) -> None:
    assert run(
        tab,
        """const asked = answering({ status: 409, ok: false, code: "stage", error: "not now", expected: 7 }, 404);
           const server = new StudyServer("refused", () => {});
           const caught = [];
           const keep = ({ code, message, more }) => caught.push([code, message, more]);
           for (const deed of ["begin", "arrive"]) await server.ask(deed).catch(keep);
           return [asked.length, caught];""",
    ) == [
        2,
        [
            ["stage", "not now", {"ok": False, "expected": 7}],
            ["none", "This server runs no study: ask the researchers for the right link.", {}],
        ],
    ]


def test_the_token_is_kept_for_the_page_that_comes_next(tab: Tab) -> None:
    asked, view, looked = run(
        tab,
        """const asked = answering({ ok: true, token: "T1", stage: "arrived" }, { ok: true }, { ok: true, token: "T2" });
           const view = await new StudyServer("kept", () => {}).arrive({ participant: "kept" });
           const again = new StudyServer("kept", () => {});
           const looked = await again.look({});
           await again.arrive({});
           answering();
           return [asked, view, [looked, await again.look({}), localStorage.getItem("rollback.study.kept")]];""",
    )
    assert [bearer for _, bearer, _ in asked] == [None, "Bearer T1", "Bearer T1"]
    assert view == {"ok": True, "stage": "arrived"} and looked == [{"ok": True}, None, "T2"]


def test_nothing_is_tried_again_once_it_is_over(tab: Tab) -> None:
    assert run(
        tab,
        """const asked = answering();
           const server = new StudyServer("over", () => {});
           server.end();
           const code = await server.upload(1, 0, "a", new Uint8Array(1)).catch((error) => error.code);
           return [code, asked[0][0]];""",
    ) == ["lost", "/study/upload?episode=1&piece=0&sha256=a"]


OPPONENT = """
    const { StudyOpponent } = await import("/web/study-opponent.js");
    const content = new Uint8Array([1, 2, 3]);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
    const sha256 = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const told = { name: "bot", sha256, size: 3 };
    let asked = 0, lost = 0;
    window.fetch = async () => {
        asked += 1;
        if (lost > 0) { lost -= 1; throw new TypeError("the line is lost"); }
        return new Response(content);
    };
    const waited = [];
    window.setTimeout = (work, time) => { waited.push(time); queueMicrotask(work); };
    const opponent = new StudyOpponent();
"""


def test_a_studys_agent_is_fetched_once_and_each_match_has_one_of_its_own(tab: Tab) -> None:
    assert tab.evaluate(f"""async () => {{ {OPPONENT}
        opponent.begin(told);
        const first = await opponent.get(told);
        structuredClone(first.data.buffer, {{ transfer: [first.data.buffer] }});  // as it goes into the worker
        const second = await opponent.get(told);
        return [asked, first.data.length, second.name, [...second.data]];
    }}""") == [1, 0, "bot", [1, 2, 3]]


def test_a_line_that_is_lost_for_a_moment_costs_no_opponent_and_a_dead_one_is_told_when_it_is_needed(tab: Tab) -> None:
    assert tab.evaluate(f"""async () => {{ {OPPONENT}
        lost = 4;
        const {{ data }} = await opponent.get(told);
        const dead = new StudyOpponent();
        lost = 5;
        dead.begin(told);
        const sentence = await dead.get(told).catch(({{ message }}) => message);
        return [[...data], asked, waited.filter((time) => time === 2000).length, sentence];
    }}""") == [[1, 2, 3], 10, 8, "The agent bot does not come: is the server still running?"]


def test_a_study_without_an_agent_fetches_none(tab: Tab) -> None:
    assert tab.evaluate(f"""async () => {{ {OPPONENT}
        opponent.begin(null);
        return [await opponent.get(undefined), asked];
    }}""") == [None, 0]
