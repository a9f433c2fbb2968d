// The race explorer: draws what race.py has computed. No dependencies.
//
// Python sends every path for every rate of the slider, so moving the slider or the time only
// draws, at once. `render` is what anywidget calls; `mountAll` brings a stored race to life on a
// page without a kernel. What has been drawn is written into data attributes, which tests read.

const FONT = "system-ui, sans-serif";

// The panels' colours. A dark page turns the shades round and lightens the methods' colours.
const LIGHT = {
  paper: "#ffffff", ink: "#222222", faint: "#767676", contour: [0x9a, 0xa7, 0xb5],
  colour: (hex) => hex,
  word: (hex) => `rgb(${rgb(hex).map((v) => Math.round(0.75 * v))})`, // letters need more contrast
  band: (hex) => rgb(hex),
};
const DARK = {
  paper: "#181a1d", ink: "#e8e8e8", faint: "#9a9a9a", contour: [0x6b, 0x78, 0x86],
  colour: (hex) => `rgb(${rgb(hex).map((v) => Math.round(v + 0.45 * (255 - v)))})`,
  word: (hex) => DARK.colour(hex),
  band: (hex) => rgb(hex).reverse().map((v) => 24 + 0.75 * (255 - v)),
};
const rgb = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
let theme = LIGHT; // of the explorer that draws

// --- reading what Python packed -----------------------------------------------------------------

/** The bytes of a message, which may start anywhere in their buffer. */
const bytes = (view) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

async function inflate(view) {
  const stream = new Blob([view]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Numbers from the low bytes, then the high bytes, of differences along rows of so many. */
function undo(raw, row) {
  const n = raw.length / 2, codes = new Uint16Array(n);
  for (let i = 0, at = 0; i < n; i++) {
    if (at === row) at = 0;
    codes[i] = (at++ ? codes[i - 1] : 0) + raw[i] + (raw[n + i] << 8);
  }
  return codes;
}

/** The k-th optimizer's run at one of so many rates: for each symbol, an array over the steps. */
function lane(header, codes, k, rate, rates) {
  const row = header.steps + 1, run = {};
  let plane = header.planes.slice(0, k).reduce((sum, planes) => sum + planes.length, 0);
  for (const [symbol, low, high, tiny] of header.planes[k]) {
    const from = (plane++ * rates + rate) * row, unit = (high - low) / 65535;
    const values = (run[symbol] = new Float64Array(row));
    for (let t = 0; t < row; t++) { // a loop, since this runs at each move of the slider
      const y = low + codes[from + t] * unit;
      values[t] = tiny ? Math.sign(y) * tiny * Math.expm1(Math.abs(y)) : y;
    }
  }
  return run;
}

// --- small helpers ------------------------------------------------------------------------------

const clamp = (v, low, high) => Math.min(Math.max(v, low), high);

/** A number for a reader: three digits. */
function show(v) {
  if (!Number.isFinite(v)) return "–";
  if (Math.abs(v) < 2e-12) return "0";
  if (Math.abs(v) > 1e24) return v > 0 ? "huge" : "−huge";
  const text = Math.abs(v) >= 1e6 || Math.abs(v) < 1e-3 ? v.toExponential(1) : `${+v.toPrecision(3)}`;
  return text.replace("e+", "e").replaceAll("-", "−");
}

/** Set a text only if it differs: what has not changed costs nothing, and is not read aloud. */
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A new element: h("label", {className: "x"}, child, "text"). */
function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (key.includes("-") || key === "role") element.setAttribute(key, value);
    else element[key] = value;
  }
  element.append(...children);
  return element;
}

/** Round positions for the labels of an axis. */
function ticks(low, high, wish) {
  const raw = (high - low) / wish, power = 10 ** Math.floor(Math.log10(raw));
  const unit = [1, 2, 5, 10].find((u) => u * power >= raw) * power;
  const found = [];
  for (let i = Math.ceil(low / unit); i * unit <= high + unit * 1e-9; i++) found.push(i * unit);
  return found;
}

const tickText = (v) => `${+v.toPrecision(6)}`.replace("-", "−");

// --- drawing ------------------------------------------------------------------------------------

/** A pen for a canvas that is made to fit its place and the screen's pixels. */
function pen(canvas, width, height) {
  const scale = window.devicePixelRatio || 1, w = Math.round(width * scale), tall = Math.round(height * scale);
  if (canvas.width !== w || canvas.height !== tall) {
    Object.assign(canvas, { width: w, height: tall });
    canvas.style.height = `${height}px`;
  }
  const c = canvas.getContext("2d");
  c.setTransform(scale, 0, 0, scale, 0, 0);
  c.lineJoin = "round";
  return c;
}

function stroke(c, path, colour, width, dashes = []) {
  c.strokeStyle = colour;
  c.lineWidth = width;
  c.setLineDash(dashes);
  c.stroke(path);
}

function marker(c, look, x, y, size, colour = theme.colour(look.colour)) {
  const path = new Path2D();
  for (const polygon of look.marker) {
    polygon.forEach(([u, v], i) => path[i ? "lineTo" : "moveTo"](x + 2 * u * size, y - 2 * v * size));
    path.closePath();
  }
  c.fillStyle = colour;
  c.fill(path);
  stroke(c, path, theme.paper, 1.2);
}

const stamps = new WeakMap(); // of each look, by size and by what else a picture of it depends on

/** A small marker, copied from one that was drawn before: there are many, at each move. */
function stamp(c, look, x, y, size) {
  const scale = window.devicePixelRatio || 1, key = [size, scale, theme.paper].join();
  if (!stamps.has(look)) stamps.set(look, {});
  const made = stamps.get(look), room = 3 * size + 4, whole = (v) => Math.round(v * scale) / scale;
  if (!made[key]) {
    made[key] = h("canvas");
    marker(pen(made[key], room, room), look, room / 2, room / 2, size);
  }
  const { width, height } = made[key];
  c.drawImage(made[key], whole(x - room / 2), whole(y - room / 2), width / scale, height / scale);
}

/** A line with a halo, up to index `end`, and markers along it. */
function trace(c, look, xs, ys, end, faded) {
  const path = new Path2D(), width = faded ? 1.3 : 2.2;
  let x = xs[0], y = ys[0];
  path.moveTo(x, y);
  for (let t = 1; t <= end; t++) { // what moves by a pixel or so shows nothing, and costs time
    if (t < end && Math.abs(xs[t] - x) + Math.abs(ys[t] - y) < 1.5) continue;
    path.lineTo((x = xs[t]), (y = ys[t]));
  }
  c.globalAlpha = faded ? 0.55 : 1;
  if (!faded) stroke(c, path, theme.paper, width + 2.4);
  stroke(c, path, theme.colour(look.colour), width, look.dash.map((d) => d * width));
  const every = Math.max(1, Math.floor((end + 1) / 12));
  for (let t = 0; t < end; t += every) stamp(c, look, xs[t], ys[t], faded ? 2.6 : 3.4);
  c.globalAlpha = 1;
}

function arrow(c, x, y, dx, dy, length, colour, dashes) {
  const size = Math.hypot(dx, dy);
  if (!(size > 0)) return;
  const [u, v] = [dx / size, dy / size], [tx, ty] = [x + u * length, y + v * length];
  const shaft = new Path2D(), head = new Path2D();
  shaft.moveTo(x, y), shaft.lineTo(tx, ty);
  head.moveTo(tx - 8 * u + 4.5 * v, ty - 8 * v - 4.5 * u), head.lineTo(tx, ty);
  head.lineTo(tx - 8 * u - 4.5 * v, ty - 8 * v + 4.5 * u);
  for (const [width, style] of [[5, theme.paper], [2.2, colour]]) {
    stroke(c, shaft, style, width, dashes);
    stroke(c, head, style, width);
  }
}

function words(c, text, x, y, colour = theme.ink, font = "12px", align = "left") {
  c.font = `${font} ${FONT}`;
  c.textAlign = align;
  c.textBaseline = "middle";
  c.fillStyle = colour;
  c.fillText(text, x, y);
}

/** The bands and contours of a surface known on a square grid, one pixel of the screen at a time. */
function paintGround(c, box, bands, packed) {
  const n = Math.sqrt(packed.length / 2), ground = undo(packed, n), scale = window.devicePixelRatio || 1;
  const w = Math.round(box.w * scale), tall = Math.round(box.h * scale);
  const image = c.createImageData(w, tall), out = image.data, colours = bands.map(theme.band);
  const unit = bands.length / 65535, across = (n - 1) / w, up = (n - 1) / tall;
  for (let j = 0, p = 0; j < tall; j++) {
    const v = n - 1 - (j + 0.5) * up, row = clamp(Math.floor(v), 0, n - 2), b = v - row;
    for (let i = 0; i < w; i++, p += 4) {
      const u = (i + 0.5) * across, column = Math.min(Math.floor(u), n - 2), a = u - column;
      const q = row * n + column;
      const z00 = ground[q], z10 = ground[q + 1], z01 = ground[q + n], z11 = ground[q + n + 1];
      const low = z00 + (z10 - z00) * a, high = z01 + (z11 - z01) * a;
      const z = (low + (high - low) * b) * unit;
      // The distance to the nearest contour in pixels, from the height and its slope.
      const slope = unit * Math.hypot(((z10 - z00) * (1 - b) + (z11 - z01) * b) * across, (high - low) * up);
      const level = Math.round(z), inner = level > 0 && level < colours.length;
      const line = inner ? clamp(0.5 + 0.4 * scale - Math.abs(z - level) / (slope + 1e-9), 0, 1) * 0.8 : 0;
      const colour = colours[Math.min(Math.floor(z), colours.length - 1)];
      for (let k = 0; k < 3; k++) out[p + k] = colour[k] * (1 - line) + theme.contour[k] * line;
      out[p + 3] = 255;
    }
  }
  c.putImageData(image, Math.round(box.x * scale), Math.round(box.y * scale));
}

/** A frame with labelled ticks: [name, positions, scale, text] for x and for y. */
function axes(c, box, [xName, xs, x, xText], [yName, ys, y, yText]) {
  const lines = new Path2D(), below = box.y + box.h;
  lines.rect(box.x, box.y, box.w, box.h);
  for (const v of xs) {
    lines.moveTo(x(v), below), lines.lineTo(x(v), below + 4);
    words(c, xText(v), x(v), below + 13, theme.ink, "12px", "center");
  }
  for (const v of ys) {
    lines.moveTo(box.x, y(v)), lines.lineTo(box.x - 4, y(v));
    words(c, yText(v), box.x - 7, y(v), theme.ink, "12px", "right");
  }
  stroke(c, lines, theme.ink, 1);
  words(c, xName, box.x + box.w / 2, below + 30, theme.ink, "13px", "center");
  c.save();
  c.translate(yName.length > 2 ? 9 : Math.max(8, box.x - 32), box.y + box.h / 2);
  c.rotate(-Math.PI / 2);
  words(c, yName, 0, 0, theme.ink, "13px", "center");
  c.restore();
}

// --- the explorer -------------------------------------------------------------------------------

function render({ model, el }) {
  const form = model.get("form"), stored = Boolean(model.stored);
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  let header = null, few = null, codes = null, ground = null; // what was computed: few at first, then all
  let wanted = 0, rate = 0, step = 0, runs = [], pins = []; // what is looked at; `rate` counts header.rates
  let halt = null, speaking = 0, frames = 0, drawn = 0;
  let request = 0, waiting = 0, moved = null; // what was asked for
  const postponed = []; // what waits for another surface
  let onMap = null, onChart = null; // the scales of both panels
  const marks = {}; // what was drawn beside paths and curves
  const still = { map: h("canvas"), chart: h("canvas") }; // what stays while rate and step move

  // --- elements

  const shown = (name) => form.show.includes(name);
  const row = (...children) => h("div", { className: "row" }, ...children);
  const button = (text, title, onclick) =>
    h("button", { type: "button", textContent: text, title, "aria-label": `${text}: ${title}`, onclick });
  const labelled = (name, text, input, ...more) => {
    input.ariaLabel = text; // without the value, which a label around it would add
    return h("label", { hidden: !shown(name) }, text, input, ...more);
  };

  // The controls that need Python, by the setting that each changes.
  const needs = {};
  const control = (name, text, tag, attributes, options = []) => {
    const input = h(tag, attributes, ...options.map(
      ([value, words]) => h("option", { value: JSON.stringify(value), textContent: words })));
    const slides = attributes.type === "range", beside = slides ? h("span", { className: "value" }) : "";
    needs[name] = { input, beside, unit: attributes.unit };
    input.addEventListener(slides ? "input" : "change", () => {
      const value = tag === "select" ? JSON.parse(input.value) : input.valueAsNumber;
      if (slides) say(beside, value + attributes.unit);
      tell("input", Number.isNaN(value) ? `${text} must be a number.` : "");
      if (Number.isNaN(value)) return;
      if (name === "x") onceSeen(() => place([value, at()[1]]));
      else if (name === "y") onceSeen(() => place([at()[0], value]));
      else ask({ [name]: value });
    });
    return labelled(name, text, input, beside);
  };
  const hypers = Object.entries(form.hypers).map(([name, { label, values }]) => [name,
    control(name, label, "select", {}, [[null, "each its own"], ...values.map((v) => [v, String(v)])])]);
  const boxes = form.optimizers.map((value) => h("input", { type: "checkbox", value,
    onchange: () => ask({ optimizers: boxes.filter((b) => b.checked).map((b) => b.value) }) }));
  const number = { type: "number", step: "any" };
  const choices = row(
    control("surface", "surface", "select", {}, form.surfaces.map((s) => [s, s])),
    h("fieldset", { hidden: !shown("optimizers") }, h("legend", {}, "optimizers"),
      ...boxes.map((box) => h("label", {}, box, box.value))),
    control("tuned", "rates", "select", {}, [[false, "one for all"], [true, "each its best"]]),
    ...hypers.map(([, label]) => label),
    control("angle", "turn by", "input", { type: "range", min: -90, max: 90, step: 1, unit: "°" }),
    control("noise", "noise", "input", { type: "range", min: 0, max: 5, step: 0.1, unit: "" }),
    control("seed", "seed", "input", { ...number, min: 0, step: 1 }),
    control("steps", "steps", "input", { ...number, min: 1, max: form.longest, step: 1 }),
    control("x", "start x", "input", number),
    control("y", "start y", "input", number),
  );
  const many = form.show.filter((name) => name in needs || name === "optimizers").length > 4;

  const rateInput = h("input", { type: "range", min: 0, oninput: () => setRate(Number(rateInput.value)) });
  const stepInput = h("input", { type: "range", min: 0, oninput: () => setStep(Number(stepInput.value)) });
  const rateText = h("span", { className: "value" }), stepText = h("span", { className: "value" });
  const playButton = button("Play", "Move through the steps", () => play(!halt));
  const pinButton = button("Pin", "Keep these runs in sight to compare others with them", () => pin());
  const detail = h("input", { type: "checkbox", checked: true, onchange: () => draw() });
  const live = { tabIndex: 0, role: "application", "aria-roledescription": "map" }; // its start moves
  const map = h("canvas", { className: "map", ...(stored ? { role: "img" } : live) });
  const chart = h("canvas", { className: "loss", role: "img" });
  const hover = h("div", { className: "hover", "aria-hidden": true });
  const sentence = h("p", { className: "sentence" }), pinned = h("p", { className: "pinned" });
  const note = h("p", { className: "note", role: "alert" });
  const heard = h("p", { className: "heard", "aria-live": "polite" });
  const titles = ["method", "loss", "x, y", "Σg² or v of x, y", "effective rates", "gradient"];
  const caption = h("caption", { className: "heard" }), body = h("tbody");
  const table = h("table", {}, caption,
    h("thead", {}, h("tr", {}, ...titles.map((t) => h("th", { scope: "col" }, t)))), body);
  const code = h("code"), copied = h("span", { role: "status" });
  const root = h("section", { className: "race", role: "group", "aria-label": "Race of optimizers" },
    h("p", { innerHTML: `<b>Play for this:</b> ${form.question}` }),
    row(
      labelled("rate", "rate η", rateInput, rateText),
      h("span", { className: "row", hidden: !shown("step"), style: "margin: 0" },
        playButton, button("−1", "One step back", () => setStep(step - 1)),
        button("+1", "One step on", () => setStep(step + 1)),
        labelled("step", "step", stepInput, stepText)),
      pinButton,
      button("Reset", "Back to the first settings", () => reset()),
      h("label", {}, detail, "squares and arrows"),
    ),
    ...(many ? [] : [choices]), // few choices stand above the picture; many would push it away
    note,
    h("div", { className: "panels" }, map, chart, hover),
    sentence, pinned,
    ...(many ? [choices] : []),
    h("div", { className: "numbers", tabIndex: 0, role: "region", "aria-label": "Numbers at this step" }, table),
    h("p", {}, code, " ", h("span", { className: "copy" },
      button("Copy", "Copy this line of Python", () => copy()), " ", copied)),
    heard,
  );
  el.append(root);

  // --- talking with Python

  const settings = () => model.get("settings");
  const at = () => moved || header?.start || [0, 0];
  const warnings = {};

  /** Say, or take back, one of several messages. */
  function tell(kind, text) {
    warnings[kind] = text;
    root.dataset.note = Object.values(warnings).filter(Boolean).join(" ");
    say(note, root.dataset.note);
  }

  function ask(change, start) {
    if (stored) return;
    moved = start || moved;
    request = Math.max(request, settings().request || 0) + 1;
    root.dataset.state = "waiting";
    clearTimeout(waiting);
    waiting = setTimeout(() => tell("kernel", "The kernel does not answer: it is busy, or gone. "
      + "Rate and time still move; to change the rest, run this cell again."), 4000);
    try {
      model.set("settings", { ...settings(), rate: wanted, ...change, request });
      model.save_changes();
    } catch (error) {
      tell("kernel", `This explorer has lost its kernel: run this cell again. (${error.message})`);
    }
    draw();
  }

  /** Ask for another start. Python wants it as it was before the surface was turned. */
  function place(start) {
    const a = (-(header?.angle || 0) * Math.PI) / 180, [x, y] = start;
    ask({ start: [x * Math.cos(a) - y * Math.sin(a), x * Math.sin(a) + y * Math.cos(a)] }, start);
  }

  const late = () => model.get("header").request < request; // a newer answer is on its way

  /** Do what needs the map: where another surface is on its way, once that is in sight. */
  function onceSeen(act) {
    const other = header && ["surface", "angle"].some((name) => settings()[name] !== header[name]);
    if (other && late()) postponed.push(act);
    else act();
  }

  /** An answer: the new race at the rates on screen, or what is wrong with the settings. */
  function receive() {
    const fresh = model.get("header"), first = !header;
    tell("python", fresh.error ? `Python refuses these settings: ${fresh.error}` : "");
    tell("kernel", "");
    if (!fresh.error) {
      step = first || step === header.steps ? fresh.steps : Math.min(step, fresh.steps);
      header = fresh;
      rate = nearest(wanted);
      codes = null;
      few = undo(bytes(model.get("shown")), header.steps + 1);
    }
    if (!late()) {
      clearTimeout(waiting);
      moved = null;
    }
    fill();
    if (header) look();
    if (!late()) for (const act of postponed.splice(0)) act();
    if (fresh.error && !late()) root.dataset.state = "error";
  }

  /** The rest of an answer: the race at all rates. */
  async function complete() {
    const mine = header, packed = model.get("paths");
    if (!packed.byteLength) return;
    try {
      const raw = await inflate(packed);
      if (mine !== header) return;
      codes = undo(raw, header.steps + 1);
    } catch (error) {
      tell("browser", `This browser cannot read the race: ${error.message}.`);
      return;
    }
    choose();
    draw();
    if (late() || model.get("header").error) return;
    root.dataset.state = "ready";
    if (request) hear(); // not when the page opens
  }

  const nearest = (value) => {
    const far = header.rates.map((r) => Math.abs(Math.log(r / value)));
    return far.indexOf(Math.min(...far));
  };

  /** Put what is set into the controls. */
  function fill() {
    const now = { ...settings(), x: +at()[0].toPrecision(6), y: +at()[1].toPrecision(6) };
    for (const [name, { input, beside, unit }] of Object.entries(needs)) {
      input.disabled = stored;
      if (input.type === "number" && input === document.activeElement) continue; // the reader is typing
      input.value = input.tagName === "SELECT" ? JSON.stringify(now[name]) : now[name];
      if (beside) say(beside, now[name] + unit);
    }
    for (const box of boxes) {
      box.disabled = stored;
      box.checked = now.optimizers.includes(box.value);
    }
    if (!header) return;
    rateInput.disabled = header.tuned;
    for (const [name, label] of hypers) label.hidden = !(shown(name) && header.hypers.includes(name));
    stepInput.max = header.steps;
    tell("few", header.every > 1 ? `So long a race of so many is computed for one rate in ${header.every}.` : "");
    tell("start", header.outside
      ? `The start (${header.start.map(show).join(", ")}) lies outside the map.` : "");
    if (stored && form.show.some((name) => name in needs || name === "optimizers")) {
      tell("stored", "Without a kernel the rate and the step move; run this cell in JupyterLab to change the rest.");
    }
  }

  // --- what is looked at

  /** Take the runs to draw from what was sent. */
  function choose() {
    const { tuned } = header; // not the settings': their answer may be late, or never come
    runs = header.names.map((name, k) => {
      const i = tuned || !codes ? header.chosen[k] : rate;
      const values = codes ? lane(header, codes, k, i, header.rates.length) : lane(header, few, k, 0, 1);
      return { name, look: header.looks[k], lost: header.lost[k][i], told: header.told[k][i],
        eta: header.rates[i], steps: header.steps, ...values };
    });
    rateInput.max = header.rates.length - 1;
    rateInput.value = rate;
  }

  /** Say in words what the runs show. After the drawing: a canvas with text waits for the page. */
  function describe() {
    const { tuned } = header, eta = runs.length ? runs[0].eta : header.rates[rate];
    root.dataset.rate = eta;
    say(rateText, tuned ? "each its best" : String(eta));
    rateInput.setAttribute("aria-valuetext", rateText.textContent);
    say(code, runs.reduce((line, run, k) => line.replace(`{${k}}`, String(run.eta)), header.line));
    const how = tuned ? "each at its best rate" : `η = ${eta}`;
    say(sentence, runs.length
      ? `${header.where}, ${how}: ${runs.map((run) => run.told).join("; ")}.` : "No optimizer is chosen.");
  }

  function setRate(value) {
    rate = value;
    wanted = header.rates[rate];
    if (!codes) return; // they are about to come
    choose();
    draw();
    hear();
  }

  function setStep(value, quietly) {
    if (!header) return;
    step = clamp(value, 0, header.steps);
    draw();
    if (!quietly) play(false), hear();
  }

  /** Say aloud what is seen, once the reader's hand has come to rest. */
  function hear() {
    clearTimeout(speaking);
    speaking = setTimeout(() => {
      const losses = runs.map((r) => `${r.name} ${show(r.loss[step])}`).join(", ");
      heard.textContent = sentence.textContent + (step < header.steps ? ` Step ${step}: ${losses}.` : "");
    }, 400);
  }

  function play(on) {
    if (Boolean(halt) === on || !header) return;
    if (halt) halt();
    halt = null;
    frames = 0;
    playButton.textContent = playButton.ariaLabel = on ? "Pause" : "Play";
    if (!on) return;
    if (step >= header.steps) step = 0;
    const began = performance.now(), from = step, pace = Math.max(12, header.steps / 6);
    const advance = (to) => {
      setStep(to, true);
      root.dataset.frames = ++frames;
      if (step >= header.steps) play(false), hear();
    };
    const next = (now) => {
      const frame = requestAnimationFrame(next);
      halt = () => cancelAnimationFrame(frame);
      advance(from + Math.floor(((now - began) * pace) / 1000));
    };
    if (!calm.matches) return next(began);
    // For who wants no motion: eight still pictures, three in two seconds.
    const timer = setInterval(() => advance(step + Math.ceil(header.steps / 8)), 700);
    halt = () => clearInterval(timer);
  }

  function pin() {
    pins = pins.length ? [] : runs;
    pinButton.textContent = pinButton.ariaLabel = pins.length ? "Unpin" : "Pin";
    pinned.textContent = pins.length ? `Pinned, drawn thin. ${sentence.textContent}` : "";
    root.dataset.pinned = pins.length;
    draw();
  }

  function reset() {
    play(false);
    if (pins.length) pin();
    if (!header) return;
    detail.checked = true;
    const { first } = form, now = settings(), same = (k) => JSON.stringify(first[k]) === JSON.stringify(now[k]);
    wanted = first.rate;
    step = header.steps;
    moved = null;
    postponed.length = 0;
    tell("input", "");
    if (Object.keys(first).every(same)) setRate(nearest(first.rate));
    else ask(first);
    fill(); // now, since an answer may never come; also what was typed and is no number
  }

  async function copy() {
    try {
      await navigator.clipboard.writeText(code.textContent);
      copied.textContent = "Copied.";
    } catch { // not allowed here: select the line, so that the reader's own copy command has it
      getSelection().selectAllChildren(code);
      copied.textContent = "Selected: press Ctrl+C.";
    }
    setTimeout(() => (copied.textContent = ""), 3000);
  }

  // --- the panels

  /** The page is light if its words are dark. */
  const worn = () => {
    if (!root.isConnected) return root.dataset.theme || "light"; // out of the page: as it was
    const [red] = getComputedStyle(root).color.match(/[\d.]+/) || [0];
    return red < 128 ? "light" : "dark";
  };

  /** Everything anew, in the page's colours: after an answer, or when the page has changed. */
  function look() {
    root.dataset.theme = worn();
    root.dataset.sharp = window.devicePixelRatio;
    theme = root.dataset.theme === "dark" ? DARK : LIGHT;
    choose();
    tabulate();
    layOut();
    draw();
  }

  /** One row of numbers for each method, with a sample of its line. */
  function tabulate() {
    body.replaceChildren(...runs.map((run) => {
      const sample = h("canvas"), c = pen(sample, 44, 16);
      trace(c, run.look, [3, 41], [8, 8], 1, false);
      marker(c, run.look, 22, 8, 5);
      const eta = header.tuned ? ` (η = ${run.eta})` : "";
      return h("tr", {}, h("th", { scope: "row" }, sample, run.name + eta),
        ...titles.slice(1).map(() => h("td")));
    }));
  }

  /** The scales of both panels, and what stays on them while rate and step move. */
  function layOut() {
    const width = map.clientWidth, wide = chart.clientWidth;
    if (!width) return;
    const [[x0, x1], [y0, y1]] = header.view, shape = (y1 - y0) / (x1 - x0);
    const w = Math.min(width - 52, 360 / shape);
    const box = { x: 40 + (width - 52 - w) / 2, y: 12, w, h: w * shape };
    const height = Math.round(box.h + 50), high = Math.max(height, 240);
    onMap = {
      box, width, height,
      x: (v) => box.x + ((v - x0) / (x1 - x0)) * box.w,
      y: (v) => box.y + ((y1 - v) / (y1 - y0)) * box.h,
      back: (px, py) => [x0 + ((px - box.x) / box.w) * (x1 - x0), y1 - ((py - box.y) / box.h) * (y1 - y0)],
    };
    const key = [width, height, window.devicePixelRatio, theme.paper].join();
    if (ground !== model.get("ground") || still.key !== key) {
      ground = model.get("ground");
      still.key = key;
      const c = pen(still.map, width, height);
      c.fillStyle = theme.paper;
      c.fillRect(0, 0, width, height);
      paintGround(c, box, header.bands, bytes(ground));
      axes(c, box, ["x", ticks(x0, x1, 5), onMap.x, tickText], ["y", ticks(y0, y1, 5), onMap.y, tickText]);
      for (const [x, y] of header.minima) marker(c, form.star, onMap.x(x), onMap.y(y), 8, theme.ink);
    }

    const c = pen(still.chart, wide, high);
    c.font = `600 12.5px ${FONT}`;
    const longest = Math.max(40, ...header.names.map((n) => c.measureText(`${n} ✗`).width));
    // The scale is the same for all rates, so that curves can be compared while the slider moves.
    // What leaves it is drawn along its edge, as the labels of its ends say.
    const { log, first, steps } = header;
    const unit = log ? 2 : ticks(0, 20 * Math.abs(first) + 1, 3)[1]; // of 10 decades: two
    const top = log ? Math.ceil(Math.log10(Math.max(first, 1e-9))) + 1 : 3 * unit;
    const low = log ? top - 10 : -top;
    const levels = Array.from({ length: (top - low) / unit + 1 }, (_, k) => low + k * unit);
    const raised = (v) => [...String(v)].map((d) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(d)]).join("");
    const end = (v) => (v === low ? "≤" : v === top ? "≥" : "");
    const label = (v) => end(v) + (log ? (v ? `10${raised(v)}` : "1") : show(v));
    c.font = `12px ${FONT}`;
    const left = Math.max(56, ...levels.map((v) => 27 + c.measureText(label(v)).width));
    const area = { x: left, y: 12, w: wide - left - longest - 14, h: high - 50 };
    const level = (v) => area.y + ((top - clamp(v, low, top)) / (top - low)) * area.h;
    onChart = {
      box: area, width: wide, height: high,
      x: (t) => area.x + (t / steps) * area.w,
      y: (v) => level(log ? Math.log10(Math.max(v, 1e-300)) : v),
      back: (px) => Math.round(clamp((px - area.x) / area.w, 0, 1) * steps),
    };
    c.fillStyle = theme.paper;
    c.fillRect(0, 0, wide, high);
    axes(c, area, ["step", ticks(0, steps, 5).filter(Number.isInteger), onChart.x, tickText],
      [header.floor ? "loss above the minimum" : "loss", levels, level, label]);
  }

  function draw() {
    if (!onMap) return;
    theme = root.dataset.theme === "dark" ? DARK : LIGHT; // another explorer may wear the other one
    Object.assign(marks, { squares: [], arrows: [], pins: [] });
    drawMap();
    drawLoss();
    describe();
    for (const [kind, list] of Object.entries(marks)) root.dataset[kind] = JSON.stringify(list);
    stepInput.value = step;
    say(stepText, `${step} of ${header.steps}`);
    runs.forEach((run, k) => {
      const t = lastOf(run), pair = (a, b) => (run[a] ? `${show(run[a][t])}, ${show(run[b][t])}` : "–");
      const loss = t < step ? `✗ at step ${run.lost}` : show(run.loss[t]);
      const where = outside(run, t) ? "off the map" : pair("x", "y");
      [loss, where, pair("Sx", "Sy"), pair("rx", "ry"), pair("gx", "gy")].forEach(
        (text, i) => say(body.rows[k].cells[i + 1], text));
    });
    const heads = runs.map((run) => ["x", "y", "loss"].map((s) => +run[s][step].toPrecision(6)));
    Object.assign(root.dataset, {
      seq: ++drawn, step, steps: header.steps, start: JSON.stringify(at()), names: header.names.join(),
      request: header.request, heads: JSON.stringify(heads),
    });
    map.ariaLabel = stored ? sentence.textContent : `${sentence.textContent} Arrow keys move the start.`;
    chart.ariaLabel = `Loss against the step. ${sentence.textContent}`;
    say(caption, `Step ${step}`);
  }

  /** The step that a run shows: the present one, or its last before it diverged. */
  const lastOf = (run, t = step) => (run.lost >= 0 ? Math.min(t, run.lost - 1) : t);

  const outside = (run, t) => {
    const [[x0, x1], [y0, y1]] = header.view;
    return run.x[t] < x0 || run.x[t] > x1 || run.y[t] < y0 || run.y[t] > y1;
  };

  /** A panel's pen, with what stays already there, and drawing no further than so far around its box. */
  function begin(canvas, ground, { box, width, height }, beyond) {
    const c = pen(canvas, width, height);
    c.drawImage(ground, 0, 0, width, height);
    c.save();
    c.beginPath();
    c.rect(box.x - beyond, box.y - beyond, box.w + 2 * beyond, box.h + 2 * beyond);
    c.clip();
    return c;
  }

  function drawMap() {
    const { box, x, y } = onMap, c = begin(map, still.map, onMap, 0);
    for (const run of pins) {
      trace(c, run.look, run.x.map(x), run.y.map(y), run.steps, true);
      marks.pins.push([run.x, run.y, run.loss].map((values) => +values[run.steps].toPrecision(6)));
    }
    for (const run of runs) {
      run.px = run.x.map(x), run.py = run.y.map(y);
      trace(c, run.look, run.px, run.py, step, false);
    }
    const seen = runs.filter((run) => !outside(run, step));
    if (detail.checked) for (const run of seen) squares(c, run);
    c.restore();
    for (const run of seen) marker(c, run.look, run.px[step], run.py[step], 6.5);
    for (const run of runs) {
      if (seen.includes(run) && lastOf(run, step + 1) > step) continue;
      const [px, py] = [clamp(run.px[step], box.x, box.x + box.w), clamp(run.py[step], box.y, box.y + box.h)];
      marker(c, form.cross, px, py, 8, theme.colour(run.look.colour));
    }
    if (detail.checked) for (const run of runs) arrows(c, run);
    const [sx, sy] = at(), start = new Path2D();
    start.arc(clamp(x(sx), box.x, box.x + box.w), clamp(y(sy), box.y, box.y + box.h), 5.5, 0, 7);
    c.fillStyle = theme.paper;
    c.fill(start);
    stroke(c, start, theme.ink, 2.2);
  }

  /** Two squares at the head with areas Σg² (or v): right of it for x, above it for y. */
  function squares(c, run) {
    if (!run.Sx) return;
    // Each method has a scale of its own: the largest square of this run.
    const most = Math.max(...run.Sx, ...run.Sy), unit = most > 0 ? 42 / Math.sqrt(most) : 0;
    const [a, b] = [Math.sqrt(run.Sx[step]) * unit, Math.sqrt(run.Sy[step]) * unit];
    const both = new Path2D(), colour = theme.colour(run.look.colour);
    both.rect(run.px[step] + 10, run.py[step] - a / 2, a, a);
    both.rect(run.px[step] - b / 2, run.py[step] - 10 - b, b, b);
    c.globalAlpha = 0.2;
    c.fillStyle = colour;
    c.fill(both);
    c.globalAlpha = 1;
    stroke(c, both, colour, 1.6);
    marks.squares.push([run.name, a, b]);
  }

  /** From where this step began: against the gradient (dashed), and the step that was taken. */
  function arrows(c, run) {
    if (step < 1 || lastOf(run) < step || outside(run, step - 1)) return;
    const [px, py] = [run.px[step - 1], run.py[step - 1]], { x, y } = onMap;
    const one = (kind, dx, dy, length, ...ink) => {
      arrow(c, px, py, dx, dy, length, ...ink);
      marks.arrows.push([run.name, kind, px, py, dx, dy]);
    };
    one("gradient", x(-run.gx[step]) - x(0), y(-run.gy[step]) - y(0), 34, theme.ink, [3, 3]);
    const [dx, dy] = [run.px[step] - px, run.py[step] - py], length = Math.hypot(dx, dy);
    if (length > 3) one("step", dx, dy, length, theme.colour(run.look.colour), []);
  }

  function drawLoss() {
    const { box, x, y } = onChart, c = begin(chart, still.chart, onChart, 6);
    c.fillStyle = theme.faint;
    c.fillRect(x(step) - 0.75, box.y, 1.5, box.h);
    const curve = (run, end, faded) => {
      const last = lastOf(run, end), xs = run.loss.map((_, t) => x(t)), ys = run.loss.map(y);
      trace(c, run.look, xs, ys, last, faded);
      return [xs[last], ys[last]];
    };
    for (const run of pins) curve(run, Math.min(run.steps, header.steps), true);
    const ends = runs.map((run) => {
      const [px, py] = curve(run, header.steps, false), t = lastOf(run);
      marker(c, run.look, x(t), y(run.loss[t]), 6);
      if (run.lost >= 0) marker(c, form.cross, px, py, 8, theme.colour(run.look.colour));
      return { text: run.name + (run.lost >= 0 ? " ✗" : ""), y: py, colour: theme.word(run.look.colour) };
    });
    c.restore();
    ends.sort((a, b) => a.y - b.y);
    for (let again = 0; again < 60; again++) { // push names that overlap apart
      for (let i = 0; i + 1 < ends.length; i++) {
        const overlap = Math.max(0, 15 - (ends[i + 1].y - ends[i].y)) / 2;
        ends[i].y -= overlap;
        ends[i + 1].y += overlap;
      }
      for (const end of ends) end.y = clamp(end.y, box.y + 6, box.y + box.h - 6);
    }
    for (const end of ends) words(c, end.text, box.x + box.w + 10, end.y, end.colour, "600 12.5px");
  }

  // --- pointer and keys

  /** Where in a canvas an event happened; the page may be zoomed. */
  const inCanvas = ({ clientX, clientY }, canvas) => {
    const r = canvas.getBoundingClientRect();
    return [((clientX - r.left) * canvas.clientWidth) / r.width, ((clientY - r.top) * canvas.clientHeight) / r.height];
  };

  /** Move the start, to a thousandth of the view: nobody points better, and the line stays short. */
  function moveStart(point) {
    play(false);
    place(point.map((v, k) => {
      const [low, high] = header.view[k];
      return +clamp(v, low, high).toFixed(Math.max(0, Math.ceil(Math.log10(300 / (high - low)))));
    }));
  }

  /** What there is to read on the map, at the nearest point of a path. */
  function onPath(px, py) {
    let best = 18, text = "";
    for (const run of runs) {
      for (let t = 0; t <= step; t++) {
        const far = Math.hypot(run.px[t] - px, run.py[t] - py);
        if (far >= best) continue;
        best = far;
        text = `${run.name}, step ${t}: (${show(run.x[t])}, ${show(run.y[t])})\nloss ${show(run.loss[t])}\n`
          + `effective rate ${show(run.rx[t])}, ${show(run.ry[t])}`;
      }
    }
    return text;
  }

  /** What there is to read on the loss curve, at one step. */
  function onCurve(t) {
    const lines = runs.map((r) => `${r.name}: ${lastOf(r, t) < t ? "diverged" : show(r.loss[t])}`);
    return [`step ${t}`, ...lines].join("\n");
  }

  function point(event) {
    const canvas = event.currentTarget, pressed = event.type === "pointerdown";
    if (!onMap || (pressed && event.button)) return;
    const [px, py] = inCanvas(event, canvas), dragged = pressed || canvas.hasPointerCapture(event.pointerId);
    if (pressed) {
      document.activeElement.blur(); // what was being typed counts first, not after this start
      canvas.setPointerCapture(event.pointerId);
    }
    if (canvas === map && dragged) {
      if (!stored) onceSeen(() => moveStart(onMap.back(px, py)));
      return;
    }
    if (canvas === chart && dragged) setStep(onChart.back(px));
    hover.textContent = root.dataset.hover = canvas === map ? onPath(px, py) : onCurve(onChart.back(px));
    const right = canvas.offsetLeft + canvas.clientWidth - hover.offsetWidth;
    hover.style.left = `${Math.max(0, Math.min(canvas.offsetLeft + px + 12, right))}px`;
    hover.style.top = `${Math.max(0, canvas.offsetTop + py - 12 - hover.offsetHeight)}px`;
  }
  for (const canvas of [map, chart]) {
    canvas.addEventListener("pointerdown", point);
    canvas.addEventListener("pointermove", point);
    canvas.addEventListener("pointerleave", () => (hover.textContent = ""));
  }

  function steer(event) {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!way || !header || stored) return;
    event.preventDefault();
    const share = event.shiftKey ? 0.1 : 0.02;
    onceSeen(() => moveStart(
      at().map((v, k) => v + way[k] * share * (header.view[k][1] - header.view[k][0]))));
  }

  // Notebooks take arrows and letters for themselves; within the explorer they are the reader's.
  const keep = (event) => {
    const theirs = event.ctrlKey || event.metaKey || event.altKey || (event.shiftKey && event.key === "Enter");
    if (!root.contains(event.target) || theirs) return;
    event.stopPropagation(); // also towards our own elements, hence the call
    if (event.target === map) steer(event);
  };
  window.addEventListener("keydown", keep, true);

  const observer = new ResizeObserver(() => header && look());
  const changed = () => worn() !== root.dataset.theme || String(window.devicePixelRatio) !== root.dataset.sharp;
  const watch = setInterval(() => header && changed() && look(), 400); // no event tells of it
  observer.observe(map);
  model.on("change:header", receive);
  model.on("change:paths", complete);
  wanted = settings().rate;
  receive();
  complete();
  return () => {
    play(false);
    clearTimeout(waiting);
    clearTimeout(speaking);
    clearInterval(watch);
    observer.disconnect();
    window.removeEventListener("keydown", keep, true);
    model.off("change:header", receive);
    model.off("change:paths", complete);
  };
}

// --- without a kernel ---------------------------------------------------------------------------

/** Put the stored race into each place of that name, instead of its still picture. */
async function mountAll(name, attempts = 20) {
  window.dispatchEvent(new Event(`race ${name}`));
  const places = document.querySelectorAll(`[data-race="${name}"]:not([data-on])`);
  if (!places.length && attempts) setTimeout(() => mountAll(name, attempts - 1), 100);
  for (const place of places) {
    place.dataset.on = "";
    const [words, ground, shown, paths] = place.dataset.packed.split(".").map(
      (text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer));
    const state = { ...JSON.parse(new TextDecoder().decode(await inflate(words))), paths };
    Object.assign(state, { ground: await inflate(ground), shown: await inflate(shown) });
    const host = h("div"), model = { stored: true, get: (key) => state[key], on() {}, off() {} };
    const end = render({ model, el: host });
    place.replaceChildren(host);
    // A notebook that is loaded anew shows it anew; what was there before is out of the page.
    window.addEventListener(`race ${name}`, function gone() {
      if (host.isConnected) return;
      end();
      window.removeEventListener(`race ${name}`, gone);
    });
  }
}

export default { render };
