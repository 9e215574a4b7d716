"""True answers to questions about scenes: those of the task, and what nobody can say."""

import pytest

from marki.seeding import generator
from successors import tasks
from successors.tasks import question, scene_answers, scenes
from successors.tasks.question import ANSWERS, ASKS
from successors.tasks.scene_decks import HELD
from successors.tasks.scenes import Shape

SCENE = (Shape(kind="square", size="large", row=0, column=0), Shape(kind="plus", size="small", row=1, column=2))


@pytest.mark.parametrize("part", ["train", "test", HELD])
@pytest.mark.parametrize("ask", ASKS)
def test_all_questions_of_the_task_are_answered_as_it_answers_them(ask, part):
    rng = generator(7, f"{ask} {part}")
    for _ in range(120):
        scene, found = question.asked_of(rng, part, ask)
        assert scene_answers.answer(found.english, scene) == found.answer
        assert scene_answers.answer(found.chinese, scene) == found.answer


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("how many small shapes are there?", "one"),
        ("how many shapes are there?", "two"),
        ("is the square left of the cross?", "yes"),
        ("十字在方块的左边吗？", "no"),
        ("where is the bar?", None),
        ("is the bar small or large?", None),
        ("what is in the middle?", None),
        ("is the bar left of the cross?", None),
        ("is the cross a cross?", None),
        ("where is the cross", None),
    ],
)
def test_what_is_asked_of_a_shape_that_is_not_there_nobody_answers(asked, answer):
    found = scene_answers.answer(asked, SCENE)
    assert (None if found is None else ANSWERS["en"][found]) == answer


def test_the_question_about_any_scene_is_one_of_the_task():
    deck = tasks.load("question", train=1, valid=1, test=60)
    assert scene_answers.HOW_MANY["en"] in deck.test.stimuli["text"].tolist()
    for language, asked in scene_answers.HOW_MANY.items():
        number = scene_answers.answer(asked, scenes.ordered(SCENE))
        assert ANSWERS[language][number] == {"en": "two", "zh": "两个"}[language]
