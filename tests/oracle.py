"""The oracle: the Mark I once more, slow and plain, with one SimPy process for each of its units.

The machine plans whole banks in closed form. Here each cell, relay, A-unit, motor and R-unit is a process that knows
its own numbers only, and nothing is planned beyond its own next event. Shared with the machine are the settings, the
drawn constants, and the encoding of events; all dynamics are stated anew, on Python's whole numbers and floats.

Order within one microsecond: coils of S-units, their contacts, coils of A-units, their contacts, contacts of R-units,
motors, and last the sequencer. What the sequencer sets off at this very microsecond runs through the same order again.
A relay whose coil changes back at the microsecond at which its contact would move does not move.
"""

from __future__ import annotations

import math
from collections.abc import Generator

import numpy as np
import simpy

from marki.hardware import plugboard
from marki.hardware.sensory import relay_times, thresholds
from marki.machine import MachineConfig
from marki.seeding import Noise, generator
from marki.trace import Bank, Kind, encode

CELLS, A_UNITS, R_UNITS, MILLION = 400, 512, 8, 1_000_000

# SimPy's own priorities are 0 and 1: a process that is woken runs before anything else happens.
S_COIL, S_CONTACT, A_COIL, A_CONTACT, R_CONTACT, MOTOR, SEQUENCER = range(10, 17)


def exp_minus(x: float) -> float:
    """Return exp(-x), by the operations of `marki.ticks.decay` on one number."""
    x = min(x, 700.0)
    k = math.floor(x * (1.0 / 0.6931471805599453) + 0.5)
    r = k * 0.6931471805599453 - x
    y = COEFFICIENTS[-1]
    for c in COEFFICIENTS[-2::-1]:
        y = y * r + c
    return math.ldexp(y, -k)


COEFFICIENTS = [1.0]
for _k in range(1, 15):
    COEFFICIENTS.append(COEFFICIENTS[-1] / _k)


def tabled(m: float) -> float:
    s = (m - 1) / (m + 1)
    y = 0.0
    for k in range(41, 0, -2):
        y = y * s * s + 2.0 / k
    return y * s


TABLE = [tabled((4096 + k) / 8192) for k in range(4097)]


def ln(x: float) -> float:
    """Return the logarithm of x, by the operations of `marki.ticks.log` on one number."""
    m, e = math.frexp(x)
    step = int(m * 8192)
    near = step * (0.5 / 4096)
    return TABLE[step - 4096] + 2.0 * (m - near) / (m + near) + e * 0.6931471805599453


class Moment(simpy.Event):
    """A point in time with a place in the order of its microsecond."""

    def __init__(self, env: simpy.Environment, delay: int, priority: int, value: object = None):
        super().__init__(env)
        self._ok, self._value = True, value
        env.schedule(self, priority, delay)


class Unit:
    """A process that sleeps until its bell rings, by its own alarm or by another unit."""

    def __init__(self, oracle: Oracle, number: int):
        self.oracle, self.env, self.number = oracle, oracle.env, number
        self.bell = self.env.event()
        self.env.process(self.life())

    def listen(self) -> simpy.Event:
        self.bell = self.env.event()
        return self.bell

    def alarm(self, delay: int, priority: int, message: object) -> None:
        Moment(self.env, delay, priority, message).callbacks.append(self._ring)

    def _ring(self, moment: Moment) -> None:
        self.bell.succeed(moment.value)

    def log(self, bank: Bank, kind: int) -> None:
        self.oracle.log.append(int(encode(self.env.now, bank, self.number, kind)))

    def life(self) -> Generator[simpy.Event]:
        raise NotImplementedError


class Relay(Unit):
    """A coil and, some time after it, a contact; the changes of the coil are the subclass's business."""

    bank: Bank
    priority: int

    def __init__(self, oracle: Oracle, number: int, pull_in: int, drop_out: int, stuck: int = 0):
        self.pull_in, self.drop_out, self.stuck = int(pull_in), int(drop_out), int(stuck)
        self.coil, self.contact, self.turn = False, stuck == 1, 0
        super().__init__(oracle, number)

    def switch(self, on: bool) -> None:
        """Change the current in the coil; a move that is under way is off."""
        if on == self.coil:
            return
        self.coil = on
        self.turn += 1
        if self.coil != self.contact and not self.stuck:
            self.alarm(self.pull_in if on else self.drop_out, self.priority, ("mature", self.turn))

    def mature(self, turn: int) -> bool:
        """Move the contact, unless the coil has changed since; return whether it moved."""
        if turn != self.turn:
            return False
        self.contact = self.coil
        self.log(self.bank, Kind.ON if self.contact else Kind.OFF)
        return True


class Cell(Relay):
    """A photocell, the S-unit behind it, and its wires to the A-units."""

    bank, priority = Bank.SENSORY, S_CONTACT

    def __init__(self, oracle: Oracle, number: int, pull_in: int, drop_out: int, own_threshold: float, dead: bool):
        self.own_threshold, self.dead = float(own_threshold), dead
        self.start, self.light, self.since, self.crossings = 0.0, 0.0, 0, 0
        self.wires: list[tuple[Association, int]] = []
        super().__init__(oracle, number, pull_in, drop_out)

    def life(self) -> Generator[simpy.Event]:
        while True:
            what, *rest = yield self.listen()
            if what == "light":
                self.lit(*rest)
            elif what == "cross" and rest[0] == self.crossings:
                self.switch(not self.coil)
            elif what == "mature" and self.mature(*rest):
                for unit, weight in self.wires:
                    unit.feed(weight if self.contact else -weight)

    def signal(self) -> float:
        c, dt = self.oracle.config.sensory, self.env.now - self.since
        if not c.lag or dt >= 32 * max(c.rise_us, c.decay_us):
            return self.light
        tau = c.rise_us if self.light >= self.start else c.decay_us
        return self.light + (self.start - self.light) * exp_minus(dt / tau)

    def lit(self, light: float, noise: float) -> None:
        """Begin a new course of the signal, and set the alarm for the crossing of the threshold."""
        c = self.oracle.config.sensory
        self.start, self.since = self.signal(), self.env.now
        self.light = light = 0.0 if self.dead else light
        theta = noise * c.noise_sd + self.own_threshold if c.noise else self.own_threshold
        self.crossings += 1
        if not c.lag:
            self.switch(light >= theta)
            return
        start = self.start
        self.switch(start >= theta)
        if (start < theta < light) or (light < theta <= start):
            tau = c.rise_us if light >= start else c.decay_us
            wait = math.ceil(tau * ln((start - light) / (theta - light)))
            self.alarm(wait, S_COIL, ("cross", self.crossings))


class Association(Relay):
    """An A-unit: counts the current over its wires."""

    bank, priority = Bank.ASSOCIATION, A_CONTACT

    def __init__(self, oracle: Oracle, number: int, pull_in: int, drop_out: int, stuck: int):
        self.input, self.woken = 0, False
        super().__init__(oracle, number, pull_in, drop_out, stuck)

    def feed(self, current: int) -> None:
        """Add to the input; the coil follows when all S-units have moved that move at this microsecond."""
        self.input += current
        if not self.woken:
            self.woken = True
            self.alarm(0, A_COIL, ("weigh",))

    def life(self) -> Generator[simpy.Event]:
        while True:
            what, *rest = yield self.listen()
            if what == "weigh":
                self.woken = False
                self.switch(self.input >= self.oracle.config.association.theta)
            else:
                self.mature(*rest)


class Response(Relay):
    """An R-unit; the reading decides on its coil."""

    bank, priority = Bank.RESPONSE, R_CONTACT

    def life(self) -> Generator[simpy.Event]:
        while True:
            what, *rest = yield self.listen()
            if what == "decide":
                self.switch(*rest)
            else:
                self.mature(*rest)


class Motor(Unit):
    """A motor, its gear with play, and the wiper of its potentiometer."""

    def __init__(self, oracle: Oracle, number: int, speed: int, lag: int, wiper: int):
        c = oracle.config.potentiometers
        self.speed, self.lag, self.wiper, self.shaft = int(speed), int(lag), int(wiper), int(wiper)
        self.coast = c.coast_us if c.coast else 0
        self.play = round(c.backlash_deg * MILLION / 2) if c.backlash else 0
        self.stop = round(c.travel_deg * MILLION / 2) if c.end_stops else None
        super().__init__(oracle, number)

    def turned(self, speed: int, run: int, dt: int) -> int:
        """Return the angle turned dt after power-on, 1e-6 deg."""
        if dt <= self.lag or run <= self.lag:
            return 0
        angle = speed * (min(dt, run) - self.lag) // MILLION
        if self.coast and dt > run:
            tau = min(dt - run, self.coast)
            angle += speed * (2 * self.coast * tau - tau * tau) // (2 * MILLION * self.coast)
        return angle

    def first(self, speed: int, run: int, angle: int) -> int | None:
        """Return the first microsecond after power-on at which `angle` is reached, by bisection."""
        low, high = 0, run + self.coast
        if angle <= 0 or self.turned(speed, run, high) < angle:
            return None
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self.turned(speed, run, middle) >= angle else (middle, high)
        return high

    def life(self) -> Generator[simpy.Event]:
        while True:
            direction, run = yield self.listen()
            speed = self.speed * self.oracle.supply() // MILLION
            if run <= self.lag or self.speed == 0:
                continue
            shaft, wiper, began = self.shaft, self.wiper, self.env.now
            agenda = [(self.lag, Kind.START_UP if direction > 0 else Kind.START_DOWN), (run + self.coast, Kind.STOP)]
            agenda.append((self.first(speed, run, self.play - direction * (shaft - wiper)), Kind.TAKEN_UP))
            if self.stop is not None:
                room = self.stop + self.play - direction * shaft
                agenda.append((self.first(speed, run, room), Kind.END_STOP))
            for at, kind in sorted((at, kind) for at, kind in agenda if at is not None):
                yield Moment(self.env, began + at - self.env.now, MOTOR)
                self.shaft = shaft + direction * self.turned(speed, run, at)
                if self.stop is not None:
                    limit = self.stop + self.play
                    self.shaft = min(max(self.shaft, -limit), limit)
                self.wiper = min(max(wiper, self.shaft - self.play), self.shaft + self.play)
                self.log(Bank.POTENTIOMETERS, kind)


class Oracle:
    """The whole machine; `run` presents frames one after the other.

    Attributes
    ----------
    wiper : (512,) int64
        Angles of the wipers, 1e-6 deg.
    events : (n,) int64
        Codes of all events so far, sorted.
    """

    def __init__(self, config: MachineConfig | None = None, *, seed: int = 0):
        self.config = c = config or MachineConfig()
        self.env = simpy.Environment()
        self.log: list[int] = []
        self.exposure = 0
        faults = c.faults
        self.noise = Noise(seed, "sensory.noise", CELLS)
        pull, drop = relay_times(c.sensory, seed, "sensory.relays", CELLS)
        own = thresholds(c.sensory, seed)
        self.s = [Cell(self, i, pull[i], drop[i], own[i], i + 1 in faults.dead_cells) for i in range(CELLS)]
        pull, drop = relay_times(c.association, seed, "association.relays", A_UNITS)
        stuck = dict.fromkeys(faults.stuck_on, 1) | dict.fromkeys(faults.stuck_off, -1)
        self.a = [Association(self, i, pull[i], drop[i], stuck.get(i + 1, 0)) for i in range(A_UNITS)]
        for i, j in zip(*np.nonzero(wiring := plugboard.wire(c.plugboard, seed)), strict=True):
            if i + 1 not in faults.cut_wires:
                self.s[j].wires.append((self.a[i], int(wiring[i, j])))
        delay = c.response.pull_in_us if c.response.relay_lag else 0
        self.relays = [Response(self, i, delay, delay) for i in range(R_UNITS)]
        n = self.units = c.response.units
        self.r = [False] * R_UNITS
        serves = [k - 1 for k in c.response.source_set] or [i * n // A_UNITS for i in range(A_UNITS)]
        self.sets = [[i for i in range(A_UNITS) if serves[i] == k] for k in range(n)]
        self.motors = self._motors(seed)

    def _motors(self, seed: int) -> list[Motor]:
        c = self.config.potentiometers
        speed, lag, start = np.full(A_UNITS, c.speed_deg_per_s * 1e6), np.zeros(A_UNITS), np.zeros(A_UNITS)
        if c.motor_spread:
            spread = generator(seed, "potentiometers.speed").standard_normal(A_UNITS).clip(-3, 3).round(9)
            speed *= 1 + c.speed_spread * spread
        if c.start_lag:
            share = c.start_lag_spread
            lag = c.start_lag_us * (1 + generator(seed, "potentiometers.lag").uniform(-share, share, A_UNITS).round(9))
        if c.start == "random":
            start = generator(seed, "potentiometers.start").uniform(-c.start_deg, c.start_deg, A_UNITS) * 1e6
            if c.end_stops:
                start = start.clip(-c.travel_deg * 5e5, c.travel_deg * 5e5)
        self.phase = int(generator(seed, "supply.phase").integers(c.drift_period_us))
        held = self.config.faults.stuck_motors
        return [
            Motor(self, i, 0 if i + 1 in held else round(speed[i]), round(lag[i]), round(start[i]))
            for i in range(A_UNITS)
        ]

    @property
    def wiper(self) -> np.ndarray:
        return np.array([m.wiper for m in self.motors], np.int64)

    @property
    def events(self) -> np.ndarray:
        return np.sort(np.array(self.log, np.int64))

    def supply(self) -> int:
        """Return the supply now, in millionths of its mean: a triangle through 0, peak, 0, -peak."""
        c = self.config.potentiometers
        if not c.supply_drift:
            return MILLION
        peak, period = round(c.drift_share * MILLION), c.drift_period_us
        x = 4 * ((self.env.now + self.phase) % period)
        if x >= 3 * period:
            x -= 4 * period
        elif x >= period:
            x = 2 * period - x
        return MILLION + peak * x // period

    def run(self, frames: np.ndarray, targets: np.ndarray | None, learn: bool = True) -> np.ndarray:
        """Present frames (n, 20, 20) with targets (n, 8) bool or None; return the R-units as read, (n, 8) bool."""
        answers = np.zeros((len(frames), R_UNITS), bool)
        for k, frame in enumerate(frames):
            goal = None if targets is None else [bool(b) for b in targets[k, : self.units]]
            self.env.run(until=self.env.process(self.sequencer(frame, goal, learn)))
            answers[k] = self.r
        return answers

    def mark(self, kind: Kind) -> None:
        self.log.append(int(encode(self.env.now, Bank.SEQUENCER, 0, kind)))

    def sequencer(self, frame: np.ndarray, target: list[bool] | None, learn: bool) -> Generator[simpy.Event]:
        c, times = self.config, self.config.sequencer
        self.mark(Kind.EXPOSE)
        self.shine([float(x) for x in np.asarray(frame, np.float32).ravel()])
        yield Moment(self.env, times.settle_us, SEQUENCER)

        self.mark(Kind.READ)
        self.read()
        yield Moment(self.env, times.decide_us, SEQUENCER)

        free = times.pulse_us
        verdict = self.verdict(target) if learn else {}
        if verdict:
            self.mark(Kind.REINFORCE)
            for unit, sign in verdict.items():
                self.log.append(int(encode(self.env.now, Bank.TRAINER, unit, Kind.ON if sign > 0 else Kind.OFF)))
            free = max(free, self.drive(self.orders(verdict)))
        yield Moment(self.env, free, SEQUENCER)

        if learn and c.reinforcement.decay:
            self.mark(Kind.DECAY)
            share, speed = round(c.reinforcement.decay * MILLION), round(c.potentiometers.speed_deg_per_s * MILLION)
            orders = []
            for i, motor in enumerate(self.motors):
                away = abs(motor.wiper) * share // MILLION
                orders.append((i, -1 if motor.wiper > 0 else 1, away * MILLION // speed))
            yield Moment(self.env, max(1, self.drive(orders)), SEQUENCER)
        yield Moment(self.env, times.rest_us, SEQUENCER)

        self.mark(Kind.COVER)
        self.shine([0.0] * CELLS)
        self.exposure += 1
        yield Moment(self.env, times.card_us, SEQUENCER)
        self.mark(Kind.NEXT)

    def shine(self, light: list[float]) -> None:
        noise = self.noise.row(self.exposure).tolist()
        for cell, x, z in zip(self.s, light, noise, strict=True):
            cell.bell.succeed(("light", x, z))

    def read(self) -> None:
        """Take the sums, decide, and send current to the R-units' relays."""
        c, p = self.config.response, self.config.potentiometers
        step = round(p.travel_deg * MILLION / p.levels) if p.resolution else 1
        active = [[i for i in members if self.a[i].contact] for members in self.sets]
        sums = [sum((self.motors[i].wiper + step // 2) // step * step for i in members) for members in active]
        zone = round(c.dead_zone_deg * MILLION) if c.dead_zone else 0
        counts = [max(len(members), 1) for members in active]
        mean = c.statistic == "mean"
        for k in range(self.units):
            if c.readout == "dominant":
                scores = [u / n if mean else u for u, n in zip(sums, counts, strict=True)]
                best = max(scores)
                self.r[k] = scores[k] == best and scores.count(best) == 1 and best > zone
            elif zone == 0 or abs(sums[k]) > zone * (counts[k] if mean else 1):
                self.r[k] = sums[k] > 0
            self.relays[k].bell.succeed(("decide", self.r[k]))

    def verdict(self, target: list[bool] | None) -> dict[int, int]:
        """Return the direction of reinforcement of each R-unit that is to be reinforced."""
        c = self.config.reinforcement
        goals = self.r[: self.units] if c.control == "spontaneous" else target
        if goals is None or c.control == "none":
            return {}
        signs = {k: 1 if goal else -1 for k, goal in enumerate(goals) if goal or c.polarity == "bivalent"}
        return {k: sign for k, sign in signs.items() if c.control != "error" or self.r[k] != target[k]}

    def orders(self, verdict: dict[int, int]) -> list[tuple[int, int, int]]:
        """Return (motor, direction, running time) of all motors that are to turn."""
        c = self.config.reinforcement
        orders = []
        for k, sign in verdict.items():
            active = [i for i in self.sets[k] if self.a[i].contact]
            rest = [i for i in self.sets[k] if not self.a[i].contact]
            if not active:
                continue
            each = c.pulse_us * c.beta_units // len(active) if c.rule == "beta" else c.pulse_us
            orders += [(i, sign, each) for i in active]
            if c.rule == "gamma" and rest:
                orders += [(i, -sign, c.pulse_us * len(active) // len(rest)) for i in rest]
        return orders

    def drive(self, orders: list[tuple[int, int, int]]) -> int:
        """Put power on motors; return the time until the last has come to rest."""
        longest = 0
        for i, direction, run in orders:
            if run > 0:
                motor = self.motors[i]
                motor.bell.succeed((direction, run))
                longest = max(longest, run + motor.coast)
        return longest
