"""Reports in a real browser: names do nothing, tables can be used, and every screen can show them."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import oomlog
from browser import chromium, emulate

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "samples"
ADJ = SAMPLES / "v6.12-global-adj.dmesg.log"
BIG = SAMPLES / "v7.2-global-fork-storm.dmesg.log"
NAMES = (
    "<script>a()",
    '"><img onerror=',
    "</style><b>x",
    "{{7*7}}{%x%}",
    "javascript:a()",
    "</title><i>y",
    "'-alert(1)-'",
    "<svg onload=a()>"[:15],
)
CGROUPS = (
    "/<script>document.title='owned'</script>",
    '/"><img src=x onerror="document.title=\'owned\'">',
    "/{{7*7}}",
)


def hostile_log() -> str:
    """Return reports in which every name is an attempt."""
    lines = []
    for number, (name, cgroup) in enumerate(zip(NAMES, (*CGROUPS, *CGROUPS, *CGROUPS), strict=False)):
        pid, at = 100 + number, f"[   {10 + number}.000000]"
        lines += [
            f"{at} {name} invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
            f"{at} memory: usage 1024kB, limit 1024kB, failcnt 3",
            f"{at} Tasks state (memory values in pages):",
            f"{at} [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name",
            f"{at} [    {pid}]     0   {pid}     2000      200    32768        0             0 {name}",
            f"{at} oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,"
            f"oom_memcg={cgroup},task_memcg={cgroup},task={name},pid={pid},uid=0",
            f"{at} Memory cgroup out of memory: Killed process {pid} ({name}) total-vm:8000kB, "
            "anon-rss:800kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:32kB oom_score_adj:0",
        ]
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Write the pages, each once."""
    folder = tmp_path_factory.mktemp("pages")
    made = {
        "hostile": oomlog.report(hostile_log(), event="all", title="<script>a()</script>{{7*7}}"),
        "adj": oomlog.report(ADJ),
        "korean": oomlog.report(ADJ, lang="ko"),
        "swap": oomlog.report(SAMPLES / "v6.12-global-swap-full.dmesg.log"),
        "big": oomlog.report(BIG),
        "incident": oomlog.report(SAMPLES / "v6.12-storm.dmesg.log", event="incident"),
    }
    for name, report in made.items():
        report.save(folder / f"{name}.html")
    return {name: (folder / f"{name}.html").as_uri() for name in made}


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with chromium(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


@pytest.fixture(scope="module")
def scriptless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with chromium(tmp_path_factory.mktemp("profile"), script=False) as driver:
        yield driver


def opened(driver: Any, url: str, **emulated: Any) -> Any:
    emulate(driver, **emulated)
    driver.get(url)
    return driver


def test_hostile_names_run_nothing_and_are_shown(browser: Any, pages: dict[str, str]) -> None:
    """No name becomes an element, an attribute, a script or a computed template: each is shown literally."""
    opened(browser, pages["hostile"])
    assert browser.title == "<script>a()</script>{{7*7}}"
    counts = browser.execute_script(
        "return ['script', 'img', 'b', 'i', 'iframe', 'object', '[style]', '[onload]', '[onerror]']"
        ".map((each) => document.querySelectorAll(each).length)"
    )
    assert counts == [1, 0, 0, 0, 0, 0, 0, 0, 0]
    browser.execute_script("for (const each of document.querySelectorAll('details')) each.open = true")
    text = browser.execute_script("return document.body.innerText")
    for name in (*NAMES, *CGROUPS):
        assert name in text
    assert (
        browser.execute_script("return document.querySelectorAll('a[href]:not([href^=\"#\"])').length") == 0
    )


@pytest.mark.parametrize("name", ["hostile", "adj", "korean", "big", "incident"])
def test_the_policy_is_never_violated(browser: Any, pages: dict[str, str], name: str) -> None:
    """A page of oomlog asks for nothing that its own policy refuses: the browser's console stays empty."""
    browser.get_log("browser")
    opened(browser, pages[name])
    assert browser.get_log("browser") == []


def test_the_policy_stops_scripts_that_are_not_oomlogs(browser: Any, pages: dict[str, str]) -> None:
    """Even markup that got into the page could run no script and load nothing."""
    opened(browser, pages["adj"])
    browser.get_log("browser")
    browser.execute_script(
        "document.body.insertAdjacentHTML("
        "'beforeend', '<img src=\"file:///x.png\" onerror=\"window.owned = 1\">');"
        "const each = document.createElement('script'); each.textContent = 'window.owned = 1';"
        "document.body.append(each)"
    )
    assert browser.execute_script("return window.owned") is None
    assert "Content Security Policy" in str(browser.get_log("browser"))


def column(browser: Any, at: int, *, all_rows: bool = False) -> list[str]:
    found = browser.execute_script(
        "return Array.from(document.querySelector('table[data-sortable]').tBodies[0].rows)"
        ".filter((row) => arguments[1] || !row.hidden).map((row) => row.cells[arguments[0]].textContent)",
        at,
        all_rows,
    )
    return list(found)


def test_the_process_table_sorts_by_number_and_name(browser: Any, pages: dict[str, str]) -> None:
    """A click, or Enter on the focused button, sorts; numbers by value, and the head says which way."""
    opened(browser, pages["adj"])
    browser.execute_script("document.querySelector('table[data-sortable]').closest('details').open = true")
    buttons = browser.find_elements("css selector", "table[data-sortable] th button")
    names = [button.text.strip() for button in buttons]
    buttons[names.index("PID")].click()
    pids = [int(each) for each in column(browser, names.index("PID"))]
    assert pids == sorted(pids, reverse=True)
    buttons[names.index("PID")].send_keys("\ue007")
    assert [int(each) for each in column(browser, names.index("PID"))] == sorted(pids)
    head = browser.find_elements("css selector", "table[data-sortable] th")[names.index("PID")]
    assert head.get_attribute("aria-sort") == "ascending"
    buttons[names.index("COMM")].click()
    comms = column(browser, names.index("COMM"))
    assert comms.index("backup") < comms.index("postgres") < comms.index("sshd")
    assert head.get_attribute("aria-sort") is None


def test_what_is_not_known_is_sorted_to_the_end(browser: Any, pages: dict[str, str]) -> None:
    """Empty cells are last in both directions: they are no number."""
    opened(browser, pages["adj"])
    browser.execute_script("document.querySelector('table[data-sortable]').closest('details').open = true")
    buttons = browser.find_elements("css selector", "table[data-sortable] th button")
    at = [button.text.strip() for button in buttons].index("BADNESS")
    for _ in range(2):
        buttons[at].click()
        found = column(browser, at)
        empty = [place for place, each in enumerate(found) if not each]
        assert empty
        assert empty == list(range(len(found) - len(empty), len(found)))


def test_the_process_table_filters(browser: Any, pages: dict[str, str]) -> None:
    """Typing leaves the rows that have the text, and says how many these are."""
    opened(browser, pages["adj"])
    browser.execute_script("document.querySelector('table[data-sortable]').closest('details').open = true")
    browser.find_element("css selector", ".tools input").send_keys("SYSTEMD")
    assert len(column(browser, 0)) == 2
    assert len(column(browser, 0, all_rows=True)) == 9
    assert browser.find_element("css selector", ".tools output").text == "2 of 9 rows"


def test_everything_can_be_read_without_script(scriptless: Any, pages: dict[str, str]) -> None:
    """Where scripts are off, the text is there, no button does nothing, and folds open by themselves."""
    opened(scriptless, pages["adj"])
    assert scriptless.find_elements("css selector", "th button, .tools") == []
    fold = scriptless.find_element("css selector", "details.evidence")
    assert not fold.find_element("css selector", "pre").is_displayed()
    fold.find_element("css selector", "summary").click()
    assert fold.find_element("css selector", "pre").is_displayed()


@pytest.mark.parametrize("name", ["hostile", "adj", "korean", "big", "incident"])
@pytest.mark.parametrize("width", [375, 768, 1280])
def test_no_page_is_wider_than_its_screen(browser: Any, pages: dict[str, str], name: str, width: int) -> None:
    """Only tables and code scroll sideways, inside of themselves."""
    opened(browser, pages[name], width=width)
    browser.execute_script("for (const each of document.querySelectorAll('details')) each.open = true")
    assert browser.execute_script("return document.documentElement.scrollWidth") == width


def test_the_page_is_dark_where_the_screen_is(browser: Any, pages: dict[str, str]) -> None:
    """Ground, text and pictures follow the preferred scheme; on paper all is light."""
    colours = (
        "return [getComputedStyle(document.body).backgroundColor,"
        "getComputedStyle(document.querySelector('.oomlog-fill-ink')).fill]"
    )
    opened(browser, pages["adj"])
    light = browser.execute_script(colours)
    emulate(browser, scheme="dark")
    dark = browser.execute_script(colours)
    assert light[0] == "rgb(255, 255, 255)"
    assert dark[0] == "rgb(20, 24, 29)"
    assert light[1] != dark[1]
    emulate(browser, scheme="dark", media="print")
    assert browser.execute_script(colours) == light


def test_one_picture_for_each_width(browser: Any, pages: dict[str, str]) -> None:
    """A phone gets pictures drawn for it, and neither screen shows both."""
    shown = (
        "return Array.from(document.querySelectorAll('figure > div'))"
        ".filter((each) => each.offsetParent).map((each) => each.className)"
    )
    opened(browser, pages["adj"])
    assert set(browser.execute_script(shown)) == {"wide"}
    emulate(browser, width=375)
    assert set(browser.execute_script(shown)) == {"narrow"}


def test_jupyters_styles_do_not_move_columns(browser: Any, tmp_path: Path) -> None:
    """In a notebook, whose own rules are for numbers, names stand on the left and no size is broken."""
    rules = ".jp-RenderedHTMLCommon:not(.x) td { text-align: right; white-space: normal; }"
    page = tmp_path / "notebook.html"
    shown = oomlog.read(ADJ)[0].explain()._repr_html_()
    page.write_text(f'<style>{rules}</style><div class="jp-RenderedHTMLCommon">{shown}</div>', "utf-8")
    browser.get(page.as_uri())
    looks = browser.execute_script(
        "return [...document.querySelectorAll('td')].map(cell => [cell.classList.contains('n'),"
        " getComputedStyle(cell).textAlign, getComputedStyle(cell).whiteSpace, cell.className])"
    )
    assert {number for number, *_ in looks} == {True, False}
    for number, align, space, name in looks:
        assert align == ("right" if number else "left")
        assert space == "nowrap" or "long" in name


def test_the_widest_table_fits_a_desktop(browser: Any, pages: dict[str, str]) -> None:
    """The ranking is not cut off at 1440 pixels."""
    driver = opened(browser, pages["swap"], width=1440)
    over = "return [...document.querySelectorAll('.scroll')].map(x => x.scrollWidth - x.clientWidth)"
    assert max(driver.execute_script(over)) <= 1


def test_no_word_is_broken_on_paper(browser: Any, pages: dict[str, str]) -> None:
    """On A4 (180 mm between the margins) a table as wide as the ranking has its words on one line each."""
    driver = opened(browser, pages["swap"], width=680, media="print")
    heights = driver.execute_script(
        "return [...document.querySelectorAll('h2 ~ .scroll tr')].map(row => row.clientHeight)"
    )
    assert max(heights) < 2 * min(heights)


def test_printing_opens_what_is_folded(browser: Any, pages: dict[str, str]) -> None:
    """On paper nothing can be opened, so everything is; afterwards the page is as it was."""
    opened(browser, pages["adj"])
    count = "return document.querySelectorAll('details[open]').length"
    assert browser.execute_script(count) == 0
    pdf = base64.b64decode(browser.execute_cdp_cmd("Page.printToPDF", {})["data"])
    assert pdf.startswith(b"%PDF")
    assert browser.execute_script(count) == 0
    browser.execute_script(
        "window.during = 0; addEventListener('beforeprint', () => {"
        "window.during = document.querySelectorAll('details[open]').length})"
    )
    browser.execute_cdp_cmd("Page.printToPDF", {})
    assert browser.execute_script("return window.during") == browser.execute_script(
        "return document.querySelectorAll('details').length"
    )


def test_the_keyboard_reaches_everything(browser: Any, pages: dict[str, str]) -> None:
    """The first stop of the Tab key skips to the content, and the focus can be seen."""
    opened(browser, pages["adj"])
    browser.switch_to.active_element.send_keys("\ue004")
    link = browser.switch_to.active_element
    assert link.get_attribute("class") == "skip"
    assert link.rect["x"] >= 0
    assert browser.execute_script("return getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert browser.execute_script(
        "return Array.from(document.querySelectorAll('.scroll, pre')).every((each) => each.tabIndex === 0)"
    )


def test_headings_and_names_are_there_for_screen_readers(browser: Any, pages: dict[str, str]) -> None:
    """Headings step down one level at a time; pictures, regions and heads of columns have names."""
    opened(browser, pages["korean"])
    levels = browser.execute_script(
        "return Array.from(document.querySelectorAll('h1,h2,h3,h4,h5,h6')).map((each) => +each.tagName[1])"
    )
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert browser.execute_script("return document.documentElement.lang") == "ko"
    unnamed = browser.execute_script(
        "return document.querySelectorAll('th:not([scope]), [role=region]:not([aria-label]), "
        "svg:not([aria-labelledby])').length"
    )
    assert unnamed == 0
