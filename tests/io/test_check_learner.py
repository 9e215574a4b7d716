import pytest

from marki.io.check_learner import ContractBroken, check_learner, sample_frames
from marki.twin import Twin


class Scribbler(Twin):
    def respond(self, stimuli):
        answers = super().respond(stimuli)
        stimuli[:] = 0
        return answers


class Lender(Twin):
    def reinforce(self, stimuli, targets):
        super().reinforce(stimuli, targets)
        return targets


@pytest.mark.parametrize(
    ("make", "clause"), [(Scribbler, "the inputs were changed"), (Lender, "an answer shares its memory with an input")]
)
def test_who_does_not_leave_the_inputs_alone_is_found(make, clause):
    frames, targets = sample_frames(4)
    with pytest.raises(ContractBroken, match=clause):
        check_learner(make, stimuli=frames, targets=targets)
