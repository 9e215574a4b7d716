"use strict";
// The film of a run. Everything shown is read from the registers in this page: `head` says how they are laid out.

const head = JSON.parse(document.getElementById("head").textContent);
const words = head.words;
const byId = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";
const COLUMNS = 32; // of the A-units and their potentiometers
const still = matchMedia("(prefers-reduced-motion: reduce)");
let run = null; // the registers, array by array
let at = 0; // which of the recorded trials is shown
let timer = 0;
let picked = null; // the unit that was touched: its bank and its number

// -- the registers ----------------------------------------------------------------------------------------------------

async function inflated(text) {
  const packed = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).arrayBuffer();
}

function unpacked(buffer) {
  const types = { int32: Int32Array, int16: Int16Array, uint8: Uint8Array, bool: Uint8Array };
  const found = {};
  let offset = 0;
  for (const [name, type, shape, how] of head.layout) {
    const wide = shape.length > 1 ? shape[1] : 1;
    const count = shape[0] * wide;
    if (how === "bits") {
      const columns = shape.length > 1 ? wide : shape[0];
      const bytes = Math.ceil(columns / 8);
      const rows = columns ? count / columns : 0;
      const packed = new Uint8Array(buffer, offset, rows * bytes);
      const bits = new Uint8Array(count);
      for (let k = 0; k < count; k++) {
        const column = k % columns;
        bits[k] = (packed[Math.floor(k / columns) * bytes + (column >> 3)] >> (7 - (column & 7))) & 1;
      }
      found[name] = bits;
      offset += rows * bytes;
    } else {
      const size = types[type].BYTES_PER_ELEMENT;
      const bytes = new Uint8Array(buffer.slice(offset, offset + count * size));
      const array = how === "steps" ? new types[type](count) : new types[type](bytes.buffer);
      if (how === "steps") {
        for (let k = 0; k < count; k++) {
          for (let low = 0; low < size; low++) array[k] |= bytes[low * count + k] << (8 * low);
          if (k >= wide) array[k] += array[k - wide];
        }
      }
      found[name] = array;
      offset += array.byteLength;
    }
  }
  found.told = found.told.length ? new TextDecoder().decode(found.told).split("\0") : [];
  return found;
}

// -- words ------------------------------------------------------------------------------------------------------------

const put = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
const count = (number) => number.toLocaleString(document.documentElement.lang);
const degrees = (hundredths) => `${hundredths < 0 ? "−" : "+"}${(Math.abs(hundredths) / 100).toFixed(2)}°`;
const className = (course, kind) => (kind >= 0 ? head.classes[course][kind] : "");

function say(id, text) {
  const place = byId(id).querySelector("figcaption span");
  if (place.textContent !== text) place.textContent = text;
}

// -- what is drawn once -----------------------------------------------------------------------------------------------

function make(name, attributes, parent) {
  const element = document.createElementNS(SVG, name);
  for (const key in attributes) element.setAttribute(key, attributes[key]);
  if (parent) parent.append(element);
  return element;
}

function grid(id, number, columns, kind) {
  const rows = number / columns;
  const svg = make("svg", { viewBox: `-.25 -.25 ${columns + 0.5} ${rows + 0.5}`, role: "img" }, byId(id));
  const cells = [];
  for (let k = 0; k < number; k++) {
    const x = k % columns, y = Math.floor(k / columns);
    if (kind === "pot") {
      const bar = make("rect", { class: "pot", x: x + 0.22, width: 0.56, y: y + 0.5, height: 0 }, svg);
      bar.axis = make("line", { class: "axis", x1: x + 0.1, x2: x + 0.9, y1: y + 0.5, y2: y + 0.5 }, svg);
      cells.push(bar);
    } else if (kind === "level") {
      cells.push(make("rect", { x: x + 0.03, y: y + 0.03, width: 0.94, height: 0.94, fill: "#000" }, svg));
    } else {
      cells.push(make("circle", { class: "lamp", cx: x + 0.5, cy: y + 0.5, r: 0.36 }, svg));
    }
  }
  const ring = make("rect", { class: "chosen", width: 1, height: 1, visibility: "hidden" }, svg);
  svg.addEventListener("pointerdown", (event) => {
    const box = svg.getBoundingClientRect();
    const x = Math.floor(((event.clientX - box.left) / box.width) * (columns + 0.5) - 0.25);
    const y = Math.floor(((event.clientY - box.top) / box.height) * (rows + 0.5) - 0.25);
    if (x < 0 || x >= columns || y < 0 || y >= rows) return;
    picked = { id, number: y * columns + x };
    showUnit();
  });
  return { svg, cells, ring, columns };
}

let banks = {};
let needle = null;

function build() {
  banks = {
    card: grid("card", 400, 20, "level"),
    photocells: grid("photocells", 400, 20, "lamp"),
    "a-units": grid("a-units", 512, COLUMNS, "lamp"),
    pots: grid("pots", 512, COLUMNS, "pot"),
  };
  const top = byId("r-head").insertRow();
  for (const name of ["r_head_unit", "r_head_lamp", "r_head_wanted", "r_head_sum", "r_head_verdict"]) {
    const cell = document.createElement("th");
    cell.scope = "col";
    cell.textContent = words[name];
    if (name === "r_head_sum") cell.className = "number";
    top.append(cell);
  }
  buildCurve();
  buildJournal();
}

function buildCurve() {
  const wide = 1000, high = 150;
  const svg = make("svg", { viewBox: `0 -6 ${wide} ${high + 26}`, preserveAspectRatio: "none", role: "img" }, byId("curve"));
  const across = (trial) => (head.trials > 1 ? ((trial - 1) / (head.trials - 1)) * wide : wide / 2);
  for (const share of [0, 0.5, 1]) {
    make("line", { class: "grid", x1: 0, x2: wide, y1: high * (1 - share), y2: high * (1 - share) }, svg);
  }
  let line = "";
  head.curve.trials.forEach((trial, k) => {
    line += `${k ? "L" : "M"}${across(trial).toFixed(1)} ${(high * (1 - head.curve.errors[k])).toFixed(1)}`;
  });
  make("path", { class: "line", d: line || "M0 0" }, svg);
  let misses = "", last = -9;
  for (let trial = 0; trial < head.trials; trial++) {
    const x = run.wrong[trial] ? across(trial + 1) : last;
    if (x - last >= 0.5) {
      misses += `M${x.toFixed(1)} ${high + 6}v12`;
      last = x;
    }
  }
  make("path", { class: "miss", d: misses || "M0 0" }, svg);
  needle = make("line", { class: "now", y1: -6, y2: high + 20 }, svg);
  needle.across = across;
  const scrub = (event) => {
    const box = svg.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    pause();
    show(nearest(Math.round(share * (head.trials - 1))));
  };
  svg.addEventListener("pointerdown", (event) => {
    svg.setPointerCapture(event.pointerId);
    scrub(event);
  });
  svg.addEventListener("pointermove", (event) => {
    if (event.buttons) scrub(event);
  });
}

function buildJournal() {
  const list = byId("journal");
  run.told.forEach((text, k) => {
    const item = document.createElement("li");
    item.textContent = text;
    item.addEventListener("click", () => show(k));
    list.append(item);
  });
  list.parentElement.addEventListener("toggle", toJournal);
}

function toJournal() {
  const list = byId("journal");
  const before = list.querySelector("[aria-current]");
  if (before) before.removeAttribute("aria-current");
  const item = list.children[at];
  if (!item || !list.parentElement.open) return;
  item.setAttribute("aria-current", "true");
  list.scrollTop = item.offsetTop - list.offsetTop - list.clientHeight / 2;
}

// -- what is drawn for each trial -------------------------------------------------------------------------------------

/** Return the place among the recorded trials of the one nearest to a number that counts from 0. */
function nearest(number) {
  let low = 0, high = head.shown - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (run.number[middle] < number) low = middle + 1;
    else high = middle;
  }
  return low && number - run.number[low - 1] < run.number[low] - number ? low - 1 : low;
}

const before = (k, unit) => (k ? run.after[(k - 1) * 512 + unit] : 0) + run.between[k * 512 + unit];

function show(place) {
  if (!head.shown) return;
  at = Math.max(0, Math.min(head.shown - 1, place));
  const number = run.number[at];
  showCard();
  const lit = showLamps("photocells", run.s, 400);
  say("photocells", put(words.s_on, { on: lit, of: 400 }));
  const active = showLamps("a-units", run.a, 512);
  say("a-units", put(words.on_of, { on: active, of: 512 }));
  showPots();
  showResponses();
  showVerdict(number);
  showUnit();
  toJournal();
  const x = needle.across(number + 1);
  needle.setAttribute("x1", x);
  needle.setAttribute("x2", x);
  const { trials, errors } = head.curve;
  const window = trials.findIndex((end) => end > number);
  const share = trials.length ? errors[window < 0 ? trials.length - 1 : window] : 0;
  const told = put(words.curve_says, { share: `${Math.round(share * 100)} %` });
  say("curve", told);
  byId("curve").querySelector("svg").setAttribute("aria-label", told);
  byId("slider").value = at;
  const placed = put(words.of_trials, { trial: count(number + 1), trials: count(head.trials) });
  byId("place").textContent = placed;
  byId("slider").setAttribute("aria-valuetext", `${placed}. ${byId("says").textContent}`);
  byId("back").disabled = at === 0;
  byId("next").disabled = at === head.shown - 1;
  byId("mistake-before").disabled = mistake(-1) < 0;
  byId("mistake-after").disabled = mistake(1) < 0;
  document.body.dataset.trial = number + 1;
}

function showCard() {
  const { svg, cells } = banks.card;
  const from = run.frame[at] * 400;
  cells.forEach((cell, k) => {
    const light = Math.round((run.frames[from + k] / head.greys) * 255);
    const fill = `rgb(${light},${light},${light})`;
    if (cell.getAttribute("fill") !== fill) cell.setAttribute("fill", fill);
  });
  const name = className(run.course[at], run.shown[at]) || words.untitled;
  say("card", name);
  svg.setAttribute("aria-label", put(words.shown, { name }));
}

function setClass(element, kind) {
  if (element.getAttribute("class") !== kind) element.setAttribute("class", kind);
}

function showLamps(id, register, number) {
  const { svg, cells } = banks[id];
  let on = 0;
  cells.forEach((cell, k) => {
    const lit = register[at * number + k];
    on += lit;
    setClass(cell, lit ? "lamp on" : "lamp");
  });
  svg.setAttribute("aria-label", put(words.on_of, { on, of: number }));
  return on;
}

function showPots() {
  const { svg, cells } = banks.pots;
  let turned = 0;
  cells.forEach((cell, k) => {
    const angle = run.after[at * 512 + k];
    const moved = angle !== before(at, k);
    turned += moved;
    const high = Math.min(1, Math.abs(angle) / head.scale) * 0.48;
    const y = Math.floor(k / COLUMNS) + 0.5 - (angle > 0 ? high : 0);
    setClass(cell, angle < 0 ? "pot down" : "pot");
    setClass(cell.axis, moved ? "axis turned" : "axis");
    if (cell.angle !== angle) {
      cell.angle = angle;
      cell.setAttribute("height", high.toFixed(3));
      cell.setAttribute("y", y.toFixed(3));
    }
  });
  const text = `${put(words.turned, { count: turned })} · ${put(words.scale, { deg: (head.scale / 100).toFixed(1) })}`;
  say("pots", text);
  svg.setAttribute("aria-label", text);
}

function showResponses() {
  const rows = byId("r-rows");
  rows.textContent = "";
  const judged = run.shown[at] >= 0;
  for (let unit = 0; unit < run.units[at]; unit++) {
    const on = (run.r[at] >> unit) & 1;
    const wanted = (run.wanted[at] >> unit) & 1;
    const row = rows.insertRow();
    const name = document.createElement("th");
    name.scope = "row";
    name.textContent = `R${unit + 1}`;
    row.append(name);
    bulb(row.insertCell(), on, on ? words.lamp_on : words.lamp_off);
    if (judged) bulb(row.insertCell(), wanted, wanted ? words.wanted_on : words.wanted_off);
    else row.insertCell().textContent = words.not_wanted;
    const sum = row.insertCell();
    sum.className = "number";
    sum.textContent = degrees(run.sums[at * 8 + unit]);
    const verdict = !judged ? "" : on === wanted ? `✓ ${words.agrees}` : `✗ ${words.differs}`;
    const why = ["", words.held, words.forced][run.reason[at * 8 + unit]];
    const last = row.insertCell();
    last.textContent = verdict;
    if (why) {
      const small = document.createElement("small");
      small.textContent = why;
      last.append(small);
    }
  }
}

function bulb(cell, on, text) {
  const light = document.createElement("span");
  light.className = on ? "bulb on" : "bulb";
  light.setAttribute("aria-hidden", "true");
  cell.append(light, text);
}

function showVerdict(number) {
  const kind = run.shown[at] < 0 ? "unjudged" : run.wrong[number] ? "wrong" : "right";
  byId("verdict").className = kind;
  byId("mark").textContent = { right: "✓", wrong: "✗", unjudged: "·" }[kind];
  const name = className(run.course[at], run.shown[at]) || words.untitled;
  const answer = className(run.course[at], run.answer[at]) || words.nobody;
  byId("says").textContent = `${put(words.shown, { name })} ${put(words.answered, { name: answer })} ${words[kind]}`;
  byId("told").textContent = run.told[at];
}

function showUnit() {
  for (const id in banks) {
    const { ring, columns } = banks[id];
    const here = picked !== null && (picked.id === id || (COLUMNS === columns && COLUMNS === banks[picked.id].columns)
      || (columns === 20 && banks[picked.id].columns === 20));
    ring.setAttribute("visibility", here ? "visible" : "hidden");
    if (here) {
      ring.setAttribute("x", picked.number % columns);
      ring.setAttribute("y", Math.floor(picked.number / columns));
    }
  }
  if (picked === null) return;
  const k = picked.number;
  const state = (register, number) => (register[at * number + k] ? words.on : words.off);
  const values = { number: k + 1 };
  let text = "";
  if (picked.id === "card" || picked.id === "photocells") {
    values.light = `${Math.round((run.frames[run.frame[at] * 400 + k] / head.greys) * 100)} %`;
    text = put(words.unit_photocell, { ...values, state: state(run.s, 400) });
  } else {
    const angle = run.after[at * 512 + k];
    values.angle = degrees(angle);
    values.step = degrees(angle - before(at, k));
    values.r = `R${run.source[at * 512 + k]}`;
    text = put(words.unit_a, { ...values, state: state(run.a, 512) });
  }
  byId("unit").textContent = text;
}

// -- going through the run --------------------------------------------------------------------------------------------

function mistake(step) {
  for (let k = at + step; k >= 0 && k < head.shown; k += step) if (run.wrong[run.number[k]]) return k;
  return -1;
}

function setPlay(on) {
  const [sign, text] = byId("play").children;
  sign.textContent = on ? "❚❚" : "▶";
  text.textContent = on ? words.pause : words.play;
}

function pause() {
  clearTimeout(timer);
  timer = 0;
  setPlay(false);
}

function play() {
  if (at === head.shown - 1) show(0);
  setPlay(true);
  const tick = () => {
    show(at + 1);
    if (at === head.shown - 1) pause();
    else timer = setTimeout(tick, pace());
  };
  timer = setTimeout(tick, pace());
}

/** Return the time between two trials; with reduced motion, there are at most two a second. */
const pace = () => Math.max(1000 / Number(byId("speed").value), still.matches ? 500 : 0);

function go(place) {
  pause();
  if (place >= 0) show(place);
}

function fromAddress() {
  const found = /[#&]trial=(\d+)/.exec(location.hash);
  show(found ? nearest(Number(found[1]) - 1) : at);
}

function listen() {
  byId("slider").max = Math.max(0, head.shown - 1);
  byId("slider").addEventListener("input", (event) => go(Number(event.target.value)));
  byId("play").addEventListener("click", () => (timer ? pause() : play()));
  byId("back").addEventListener("click", () => go(at - 1));
  byId("next").addEventListener("click", () => go(at + 1));
  byId("mistake-before").addEventListener("click", () => go(mistake(-1)));
  byId("mistake-after").addEventListener("click", () => go(mistake(1)));
  addEventListener("hashchange", fromAddress);
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || /^(SELECT|SUMMARY)$/.test(event.target.tagName)) return;
    const keys = {
      ArrowLeft: () => go(at - 1), ArrowRight: () => go(at + 1), Home: () => go(0), End: () => go(head.shown - 1),
      PageUp: () => go(Math.max(0, at - 10)), PageDown: () => go(at + 10),
      m: () => go(mistake(1)), M: () => go(mistake(-1)),
    };
    if (event.target.tagName !== "BUTTON") keys[" "] = () => (timer ? pause() : play());
    if (!(event.key in keys)) return;
    event.preventDefault();
    keys[event.key]();
  });
}

async function begin() {
  byId("notice").hidden = false;
  if (typeof DecompressionStream === "undefined") {
    byId("notice").textContent = words.too_old;
    return;
  }
  run = unpacked(await inflated(byId("registers").textContent));
  byId("film").hidden = byId("transport").hidden = false;
  byId("notice").hidden = true;
  build();
  listen();
  fromAddress();
  document.body.dataset.ready = "yes";
}

begin();
