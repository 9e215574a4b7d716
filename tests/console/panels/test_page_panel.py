"""The page at the side: what a page has gained is scrolled into sight, however small the window."""

import pytest

from marki.console.panels.page_panel import put_in
from marki.console.state.blocks import Heading, PageRow, Text


def test_what_was_put_in_is_found_and_another_page_is_not_followed():
    page = (Heading("1/5"), Text("a"), PageRow("show"), Text("b"))
    assert put_in(page, (*page[:2], Text("x"), Text("y"), page[3])) == (2, 3)
    assert put_in(page, page) is None
    assert put_in(page, (Heading("2/5"), *page)) is None


@pytest.mark.parametrize(
    "size", [(640, 480), *(pytest.param(s, marks=pytest.mark.slow) for s in [(1024, 560), (1366, 728)])]
)
def test_an_answer_of_a_lesson_is_seen_without_scrolling(window, size):
    from marki.teaching import lesson

    app = window(size=size)
    answered = 0
    for name in lesson.names()[:4]:
        app.obey("lesson", name=name)
        for leaf in range(len(app.ui.lesson.pages)):
            app.playback.running = False
            for number, question in enumerate(app.ui.lesson.pages[leaf].questions):
                app.frame()
                app.ui.scroll = 0
                if question.options:
                    app.obey("choose", question=number, option=0)
                    wanted = app.words.pick(question.explain)
                else:
                    continue
                app._eager = True
                app.frame()
                panel = app.handler.panels["page"]
                at = panel.blocks.index(Text(wanted))
                top, bottom = panel._tops[at] - app.ui.scroll, panel._tops[at + 1] - app.ui.scroll
                assert top >= 0, (name, leaf)
                assert bottom <= panel._body.h + 8 or top == 0, (name, leaf)
                answered += 1
            app.obey("next_leaf")
    assert answered > 3
