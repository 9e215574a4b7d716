"""MarkI: the list of cabinets on one clock; itself a `Learner`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import simpy

from marki.config import Config, check, settings_of
from marki.errors import SessionError, shown
from marki.hardware import plugboard, switches
from marki.hardware.association import AssociationBank, AssociationConfig
from marki.hardware.faults import A_UNITS, FaultsConfig
from marki.hardware.plugboard import PlugboardConfig
from marki.hardware.potentiometers import DEGREE, PotentiometerBank, PotentiometerConfig
from marki.hardware.reinforcement import ReinforcementConfig
from marki.hardware.response import ResponseBank, ResponseConfig
from marki.hardware.sensory import SensoryBank, SensoryConfig
from marki.hardware.sequencer import SequencerConfig, presentation
from marki.io.frame import SIDE, check_frames
from marki.io.ports import Port
from marki.io.responses import R_UNITS, check_lamps
from marki.registers import Register, restore, snapshot
from marki.seeding import check_seed
from marki.ticks import LIMIT_US, NEVER, clock_face
from marki.trace import Bank, Kind, encode


@dataclass(frozen=True, kw_only=True)
class MachineConfig(Config):
    """All settings of the machine, cabinet by cabinet."""

    sensory: SensoryConfig = field(default_factory=SensoryConfig)
    plugboard: PlugboardConfig = field(default_factory=PlugboardConfig)
    association: AssociationConfig = field(default_factory=AssociationConfig)
    potentiometers: PotentiometerConfig = field(default_factory=PotentiometerConfig)
    response: ResponseConfig = field(default_factory=ResponseConfig)
    reinforcement: ReinforcementConfig = field(default_factory=ReinforcementConfig)
    sequencer: SequencerConfig = field(default_factory=SequencerConfig)
    faults: FaultsConfig = field(default_factory=FaultsConfig)

    def ideal(self) -> MachineConfig:
        """Return the same settings with every physical effect switched off: the machine that the twin computes."""
        return self.amend({name: False for name, _, meta in self.items() if meta["effect"]})


@dataclass(frozen=True, kw_only=True, eq=False)
class MachineView:
    """What can be seen of the machine at one moment; all arrays are copies.

    Attributes
    ----------
    light, signal : (20, 20) float64
        Light on the cells, and their signals, as share of full light.
    s, a, r : (20, 20), (512,), (8,) bool
        Contacts of the relays of the S-, A- and R-units.
    values : (512,) float64
        Wiper angles, deg.
    turning : (512,) int8
        Which motors turn, and which way.
    u_a : (512,) int16
        Inputs of the A-units: active excitatory less active inhibitory wires.
    u_r : (8,) float64
        Sums at the last reading, deg.
    """

    t_us: int
    light: np.ndarray
    signal: np.ndarray
    s: np.ndarray
    a: np.ndarray
    values: np.ndarray
    turning: np.ndarray
    u_a: np.ndarray
    u_r: np.ndarray
    r: np.ndarray


class MarkI:
    """The Mark I Perceptron on its simulated clock.

    Parameters
    ----------
    config : MachineConfig, optional
    seed : int
        Root seed of wiring, spreads and noise.
    wiring : (512, 400) int8, optional
        A wiring to use instead of a drawn one, whatever the seed.
    """

    accepts = Port.FRAME
    answers = Port.LAMPS

    def __init__(self, config: MachineConfig | None = None, *, seed: int = 0, wiring: np.ndarray | None = None):
        self.config = settings_of(MachineConfig, config, where="MarkI")
        self._given = None
        if wiring is not None:
            self._given = plugboard.check(wiring, fan_out=self.config.plugboard.fan_out)
        self.reset(seed)

    def __repr__(self) -> str:
        shown = int(self.exposures[0])
        return f"<MarkI: seed {self.seed}, {self.units} R-units, {shown:,} presentations, {clock_face(self.now)}>"

    @property
    def given_wiring(self) -> bool:
        """Whether the wiring was given and does not follow from the seed."""
        return self._given is not None

    def reset(self, seed: int) -> None:
        """Build the machine anew from its settings and `seed`, all values at their start."""
        self.seed = check_seed(seed)
        self.wiring = self._wire(self.config.plugboard)
        self._set_up()

    def _wire(self, config: PlugboardConfig) -> np.ndarray:
        """Return the wiring of these settings, patches included, on the board that was given or drawn."""
        board = plugboard.wire(config, self.seed) if self._given is None else self._given
        return plugboard.patch(board, config)

    def _set_up(self) -> None:
        """Set the clock to its beginning, and put the cabinets together."""
        self.clock = np.zeros(1, np.int64)
        self.exposures = np.zeros(1, np.int64)
        self.active = np.zeros(A_UNITS, bool)
        self._build()

    def _build(self) -> None:
        """Put the cabinets together."""
        c = self.config
        self.sensory = SensoryBank(c.sensory, c.faults, self.seed)
        self.association = AssociationBank(c.association, c.faults, self.wiring, self.seed)
        self.potentiometers = PotentiometerBank(c.potentiometers, c.faults, self.seed)
        self.response = ResponseBank(c.response)
        self.units = c.response.units
        self._marks: list[int] = []
        self._agendas = [
            self.sensory.relays.agenda,
            self.association.relays.agenda,
            self.response.relays.agenda,
            self.potentiometers.agenda,
        ]
        self._presentation: simpy.Process | None = None
        self.env = simpy.Environment(initial_time=self.now)

    def refit(self, config: MachineConfig) -> None:
        """Change settings between presentations; the values, and all else that is not set, stay as they are.

        Raises
        ------
        SessionError
            While a presentation is under way.
        """
        if not self.idle:
            raise SessionError(
                "a presentation is under way", remedy="Let it end first", where="machine", code="session.under_way"
            )
        wiring = self.wiring
        if config.plugboard != self.config.plugboard:
            wiring = self._wire(config.plugboard)  # may refuse, and then nothing has changed
        state, log = snapshot(self.registers()), self.collect()
        before = self.association.relays.contact
        stuck = self.association.relays.stuck
        self.config, self.wiring = config, wiring
        self._build()
        restore(self.registers(), state)
        self.association.relays.jam(stuck)
        dark = self.response.release(self.units)
        self.resume()
        after = self.association.relays.contact
        moved = np.flatnonzero(before != after)
        moves = encode(self.now, Bank.ASSOCIATION, moved, after[moved]), encode(self.now, Bank.RESPONSE, dark, Kind.OFF)
        self._marks = [*log.tolist(), *moves[0].tolist(), *moves[1].tolist()]

    # -- copies ------------------------------------------------------------------------------------------------------

    def anew(self, config: MachineConfig) -> MarkI:
        """Return a machine of this seed, and of the wiring if one was given, with all values at their start."""
        return type(self)(config, seed=self.seed, wiring=self._given)

    def __getstate__(self) -> dict[str, Any]:
        if not self.idle:
            raise SessionError(
                "a presentation is under way", where="machine", remedy="Let it end first, or copy the session",
                code="session.under_way",
            )  # fmt: skip
        return {
            "config": self.config,
            "seed": self.seed,
            "given": self._given,
            "wiring": self.wiring,
            "registers": snapshot(self.registers()),
            "happened": self.happened(),
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.config, self.seed = state["config"], state["seed"]
        self._given, self.wiring = state["given"], state["wiring"]
        self._set_up()
        restore(self.registers(), state["registers"])
        self.resume()
        self._marks = state["happened"].tolist()

    # -- the clock ---------------------------------------------------------------------------------------------------

    @property
    def now(self) -> int:
        """Simulated time, µs."""
        return int(self.clock[0])

    @property
    def idle(self) -> bool:
        """Whether no presentation is in progress."""
        return self._presentation is None

    @property
    def answer(self) -> np.ndarray:
        """State of the R-units as last read, (8,) bool."""
        return self.response.r

    def present(self, frame: np.ndarray, target: np.ndarray | None, *, learn: bool) -> None:
        """Begin a presentation now; `target` are the R-units in use, (units,) bool, or None.

        Raises
        ------
        SessionError
            While another presentation is under way, or at the end of the event log's clock.
        """
        if not self.idle:
            raise SessionError(
                "a presentation is under way", remedy="Let it end first", where="machine", code="session.under_way"
            )
        if self.now > LIMIT_US:
            raise SessionError(
                f"the machine's clock ends at {clock_face(LIMIT_US)}",
                remedy="Reset the machine",
                where="machine",
                code="session.clock_end",
                end=clock_face(LIMIT_US),
            )
        self._align()
        self._presentation = self.env.process(presentation(self, frame, target, learn))

    def advance(self, until_us: int) -> None:
        """Advance to `until_us`, or to the end of the current presentation if that comes first."""
        if self.idle:
            self._align()
            if until_us > self.now:
                self.env.run(until=int(until_us))
                self.clock[0] = until_us
            return
        env = self.env
        while self._presentation is not None and env.peek() <= until_us:
            env.step()
            if self._presentation.processed:
                self._presentation = None
        self.clock[0] = env.now if self._presentation is None else max(until_us, self.now)

    def finish(self) -> None:
        """Advance to the end of the current presentation."""
        if not self.idle:
            self.advance(int(NEVER))

    def _align(self) -> None:
        """Plan anew if the registers were restored to another time."""
        if self.idle and self.env.now != self.now:
            self.resume()

    def peek(self) -> int:
        """Return the time of the next event of any unit or of the sequencer, µs; NEVER if none is planned."""
        for agenda in self._agendas:
            agenda.advance(self.now)
        coming = [agenda.peek() for agenda in self._agendas]
        if not self.idle:
            coming.append(int(self.env.peek()))
        return min(coming)

    def light(self, frame: np.ndarray | None) -> None:
        """Open the lens on `frame`, or cover it (None): the sequencer calls this."""
        t = int(self.env.now)
        self.sensory.expose(t, frame, int(self.exposures[0]))
        if frame is None:
            self.exposures[0] += 1
        self._associate(t)

    def _associate(self, t_us: int) -> None:
        """Let the A-units follow what the S-units have planned."""
        self.association.follow(t_us, self.sensory.relays.contact, self.sensory.relays.coming())

    def note(self, active: np.ndarray) -> None:
        """Keep the A-units that took part in the reading."""
        self.active[:] = active

    def mark(self, bank: Bank, unit: int, kind: Kind) -> None:
        """Log an event of the sequencer or trainer at this moment."""
        self._marks.append(encode(int(self.env.now), bank, unit, kind))

    def collect(self) -> np.ndarray:
        """Hand out the sorted event codes, (n,) int64, of all that has happened since the last call."""
        codes = self.happened()
        self._marks.clear()
        for agenda in self._agendas:
            agenda.log.clear()
        return codes

    def happened(self) -> np.ndarray:
        """Return the sorted event codes, (n,) int64, since the last `collect`, without taking them away."""
        parts = [np.array(self._marks, np.int64)]
        for agenda in self._agendas:
            agenda.advance(self.now)
            parts += agenda.log
        codes = np.concatenate(parts)
        codes.sort()
        return codes

    def witness(self) -> bytes:
        """Return the state that a digest covers beside the events: all wipers and the sums."""
        return self.potentiometers.wiper.tobytes() + self.response.u_r.tobytes()

    def resume(self) -> None:
        """Resume the clock and replan all units, after the registers were restored between presentations."""
        t = self.now
        self.env = simpy.Environment(initial_time=t)
        self._presentation = None
        self._marks.clear()
        self.potentiometers.agenda.clear()
        relays = (self.sensory.relays, self.association.relays, self.response.relays)
        for bank in relays:
            bank.forget()
        self.association.forget()
        self.sensory.replan(t)
        self._associate(t)
        none = np.empty(0, np.int64)
        self.response.relays.follow(t, none, none.astype(np.intp), none.astype(bool))
        self.potentiometers.replan(t)

    # -- the operator ------------------------------------------------------------------------------------------------

    def toggle(self, positions: np.ndarray) -> None:
        """Set the 20×20 toggles: 0 camera, 1 forced on, -1 forced off; (20, 20) or (400,)."""
        switches.throw_all(self.sensory.forced, positions, where="toggles")
        self.sensory.replan(self.now)
        self._associate(self.now)

    def force(self, positions: np.ndarray) -> None:
        """Set the eight forcing switches of the R-units: 0 free, 1 on, -1 off; (8,)."""
        switches.throw_all(self.response.forced, positions, where="forcing switches")

    def turn(self, units: Sequence[int], degrees: Sequence[float]) -> None:
        """Turn the potentiometers of A-units `units`, from 0, by hand to the angles `degrees`; stops hold them.

        Raises
        ------
        ConfigError
            For an angle that is no finite number.
        SessionError
            For a potentiometer whose motor is turning just now, or that there is not.
        """
        numbers: tuple[int, ...] = check("turn: units", units, tuple[int, ...], {})
        angles: tuple[float, ...] = check("turn: deg", degrees, tuple[float, ...], {"unit": "deg"})
        if len(numbers) != len(angles) or not all(0 <= number < A_UNITS for number in numbers):
            raise SessionError(
                f"{len(angles)} angles for A-units {shown(list(numbers))}",
                remedy=f"Give one angle for each, A-units 0 to {A_UNITS - 1}",
                where="potentiometers",
                code="session.turn_units",
                count=len(angles),
                units=shown(list(numbers)),
                last=A_UNITS - 1,
            )
        who, store = np.array(numbers, np.intp), self.potentiometers
        if (store.turning_at(self.now)[who] != 0).any():
            raise SessionError(
                "its motor is turning", where="potentiometer", remedy="Wait until it rests", code="session.turning"
            )
        angle = np.rint(np.array(angles, float) * DEGREE).clip(-store.stop, store.stop).astype(np.int64)
        store.place(who, angle)

    # -- the learner -------------------------------------------------------------------------------------------------

    def respond(self, stimuli: np.ndarray) -> np.ndarray:
        """Expose each frame on the clock, reinforcement off; return the R-units as read, (n, 8) bool."""
        return self._run(check_frames(stimuli), None)

    def reinforce(self, stimuli: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Expose each frame with the trainer on; return the R-units as read before each correction, (n, 8) bool."""
        frames = check_frames(stimuli)
        return self._run(frames, check_lamps(targets, len(frames)))

    def _run(self, frames: np.ndarray, targets: np.ndarray | None) -> np.ndarray:
        answers = np.zeros((len(frames), R_UNITS), bool)
        for k, frame in enumerate(frames):
            goal = None if targets is None else targets[k, : self.units]
            self.present(frame, goal, learn=targets is not None)
            self.finish()
            self.collect()
            answers[k] = self.answer
        return answers

    def registers(self) -> list[Register]:
        """List all state of the machine at this moment."""
        self._align()
        for bank in (self.sensory, self.association, self.response):
            bank.relays.settle(self.now)
        return [
            Register("machine.clock", self.clock, "us", "Simulated time."),
            Register("machine.exposures", self.exposures, "", "Presentations so far."),
            Register("machine.active", self.active, "", "A-units that took part in the last reading."),
            *self.sensory.registers(),
            *self.association.registers(),
            *self.potentiometers.registers(),
            *self.response.registers(),
        ]

    def wipers(self) -> np.ndarray:
        """Return the angles of the wipers at this moment, (512,) int64, 1e-6 deg; looking changes nothing."""
        self._align()
        return self.potentiometers.wiper_at(self.now)

    def view(self) -> MachineView:
        """Return what can be seen at this moment; looking changes nothing."""
        self._align()
        t = self.now
        s = self.sensory.relays.state_at(t)
        return MachineView(
            t_us=t,
            light=self.sensory.light.reshape(SIDE, SIDE).copy(),
            signal=self.sensory.signal_at(t).reshape(SIDE, SIDE),
            s=s.reshape(SIDE, SIDE),
            a=self.association.relays.state_at(t),
            values=self.potentiometers.wiper_at(t) / 1e6,
            turning=self.potentiometers.turning_at(t),
            u_a=self.association.input_of(s),
            u_r=self.response.u_r / 1e6,
            r=self.response.relays.state_at(t),
        )
