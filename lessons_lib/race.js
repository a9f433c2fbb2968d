// The race explorer: draws what race.py has computed. No dependencies.
//
// Python sends every path for every rate of the slider, so moving the slider or the time only
// draws. `render` is what anywidget calls; `mountAll` brings a stored race to life on a page
// without a kernel. Each drawing is also written into data attributes, which tests read.

const CSS = `
.race { container-type: inline-size; max-width: 62rem; padding: 4px;
  font: 14px/1.4 var(--jp-ui-font-family, system-ui, sans-serif);
  color: var(--jp-ui-font-color1, var(--pst-color-text-base, #212121)); }
.race p { margin: 0.3em 0; }
.race [hidden] { display: none !important; }
.race .row { display: flex; flex-wrap: wrap; align-items: center; gap: 0.4em 1.1em; margin: 0.4em 0; }
.race label, .race fieldset { display: inline-flex; flex-wrap: wrap; align-items: center; gap: 0.1em 0.45em; }
.race fieldset { border: 0; padding: 0; margin: 0; gap: 0.1em 0.8em; min-width: 0; }
.race fieldset legend { float: left; padding: 0; margin-right: 0.6em; }
.race button, .race select, .race input { font: inherit; color: inherit; accent-color: #0072b2;
  background: var(--jp-layout-color1, var(--pst-color-background, #fff)); }
.race button, .race select, .race input[type=number] { border: 1px solid currentColor;
  border-radius: 4px; padding: 0.2em 0.55em; min-height: 2em; }
.race button { min-width: 2.6em; cursor: pointer; }
.race input[type=number] { width: 5.6em; height: 2em; box-sizing: border-box; }
.race input[type=range] { width: min(17em, 52cqw); margin: 0.4em; }
.race input[type=checkbox] { width: 1.1em; height: 1.1em; }
.race :disabled { opacity: 0.55; cursor: default; }
.race .value { min-width: 4.2em; font-variant-numeric: tabular-nums; }
.race :focus-visible { outline: 3px solid currentColor; outline-offset: 2px; }
.race .panels { display: grid; gap: 0.6em; grid-template-columns: minmax(0, 1fr); }
@container (min-width: 36rem) { .race .panels { grid-template-columns: 9fr 10fr; } }
.race canvas { display: block; width: 100%; background: #fff; border-radius: 3px; }
.race .map { cursor: crosshair; touch-action: pan-y pinch-zoom; }
.race .numbers { overflow-x: auto; }
.race table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: 0.3em 0; }
.race table th, .race table td { padding: 0.1em 0.9em 0.1em 0; text-align: left; white-space: nowrap;
  font-weight: normal; background: none; color: inherit; border: 0; }
.race table thead th { border-bottom: 1px solid currentColor; }
.race table tbody th { font-weight: 600; }
.race td { min-width: 4.5em; }
.race tbody canvas { display: inline-block; width: 44px; height: 16px; vertical-align: -3px;
  margin-right: 0.4em; }
.race .note:not(:empty) { border-left: 5px solid #d55e00; padding: 0.2em 0.8em; }
.race code { font-size: 12.5px; overflow-wrap: anywhere; background: none; color: inherit; padding: 0; }
.race .heard { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
@media print { .race .row, .race .copy { display: none; } }
`;
const INK = "#222222", FAINT = "#767676", FONT = "system-ui, sans-serif";
const HYPER_DEFAULT = "each its own";

// --- reading what Python packed -----------------------------------------------------------------

/** Inflate a message's bytes. They may start anywhere in their buffer, hence the copy. */
async function inflate(view) {
  const copy = new Uint8Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
  const stream = new DecompressionStream("deflate");
  const writer = stream.writable.getWriter();
  writer.write(copy);
  writer.close();
  return new Uint8Array(await new Response(stream.readable).arrayBuffer());
}

/** Low bytes, then high bytes, of differences along rows of so many numbers. */
function undo(raw, row) {
  const n = raw.length / 2, codes = new Uint16Array(n);
  for (let i = 0, at = 0; i < n; i++) {
    if (at === row) at = 0;
    codes[i] = (at++ ? codes[i - 1] : 0) + raw[i] + (raw[n + i] << 8);
  }
  return codes;
}

/** One optimizer's run at one rate: an array over the steps for each symbol of its planes. */
function lane(header, codes, k, rate) {
  const row = header.steps + 1, rates = header.rates.length;
  let plane = 0;
  for (let i = 0; i < k; i++) plane += header.planes[i].length;
  const run = {};
  for (const [symbol, low, high, tiny] of header.planes[k]) {
    const values = (run[symbol] = new Float64Array(row));
    const from = (plane++ * rates + rate) * row, unit = (high - low) / 65535;
    for (let t = 0; t < row; t++) {
      const y = low + codes[from + t] * unit;
      values[t] = tiny ? Math.sign(y) * tiny * Math.expm1(Math.abs(y)) : y;
    }
  }
  return run;
}

// --- small helpers ------------------------------------------------------------------------------

const clamp = (v, low, high) => Math.min(Math.max(v, low), high);
const finite = (v) => Number.isFinite(v);

/** A number for a reader: three digits. */
function show(v) {
  if (!finite(v)) return "–";
  if (Math.abs(v) < 2e-12) return "0";
  if (Math.abs(v) > 1e24) return v > 0 ? "huge" : "−huge";
  const text = Math.abs(v) >= 1e6 || Math.abs(v) < 1e-3 ? v.toExponential(1) : `${+v.toPrecision(3)}`;
  return text.replace("e+", "e").replace("-", "−");
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

/** Fit a canvas to its place and the screen's pixels; true if it changed. */
function fit(canvas, width, height) {
  const scale = window.devicePixelRatio || 1;
  const w = Math.round(width * scale), tall = Math.round(height * scale);
  if (canvas.width === w && canvas.height === tall) return false;
  Object.assign(canvas, { width: w, height: tall });
  canvas.style.height = `${height}px`;
  return true;
}

function pen(canvas) {
  const context = canvas.getContext("2d"), scale = window.devicePixelRatio || 1;
  context.setTransform(scale, 0, 0, scale, 0, 0);
  return context;
}

function marker(c, look, x, y, size) {
  c.beginPath();
  for (const polygon of look.marker) {
    polygon.forEach(([u, v], i) => c[i ? "lineTo" : "moveTo"](x + 2 * u * size, y - 2 * v * size));
    c.closePath();
  }
  c.fillStyle = look.colour;
  c.fill();
  c.lineWidth = 1.2;
  c.strokeStyle = "#fff";
  c.setLineDash([]);
  c.stroke();
}

/** A line with a white halo, up to index `end`, and markers along it. */
function trace(c, look, xs, ys, end, faded) {
  const path = new Path2D();
  for (let t = 0; t <= end; t++) path[t ? "lineTo" : "moveTo"](xs[t], ys[t]);
  c.lineJoin = "round";
  c.globalAlpha = faded ? 0.55 : 1;
  const width = faded ? 1.3 : 2.2;
  c.setLineDash([]);
  c.strokeStyle = "#fff";
  c.lineWidth = width + 2.4;
  if (!faded) c.stroke(path);
  c.setLineDash(look.dash.map((d) => d * width));
  c.strokeStyle = look.colour;
  c.lineWidth = width;
  c.stroke(path);
  const every = Math.max(1, Math.floor((end + 1) / 12));
  for (let t = 0; t < end; t += every) marker(c, look, xs[t], ys[t], faded ? 2.6 : 3.4);
  c.globalAlpha = 1;
}

function cross(c, x, y, colour) {
  for (const [width, style] of [[6, "#fff"], [3.2, colour]]) {
    c.beginPath();
    c.setLineDash([]);
    c.lineWidth = width;
    c.strokeStyle = style;
    c.moveTo(x - 5, y - 5), c.lineTo(x + 5, y + 5), c.moveTo(x + 5, y - 5), c.lineTo(x - 5, y + 5);
    c.stroke();
  }
}

function arrow(c, x, y, dx, dy, length, colour, dashes) {
  const size = Math.hypot(dx, dy);
  if (!(size > 0)) return;
  const [u, v] = [dx / size, dy / size], [tx, ty] = [x + u * length, y + v * length];
  for (const [width, style] of [[5, "#fff"], [2.2, colour]]) {
    c.lineWidth = width;
    c.strokeStyle = style;
    c.setLineDash(dashes);
    c.beginPath();
    c.moveTo(x, y), c.lineTo(tx, ty);
    c.stroke();
    c.setLineDash([]);
    c.beginPath();
    c.moveTo(tx - 8 * u + 4.5 * v, ty - 8 * v - 4.5 * u), c.lineTo(tx, ty);
    c.lineTo(tx - 8 * u - 4.5 * v, ty - 8 * v + 4.5 * u);
    c.stroke();
  }
}

/** Words with a white halo. */
function words(c, text, x, y, colour, font = "12px", align = "left") {
  c.font = `${font} ${FONT}`;
  c.textAlign = align;
  c.textBaseline = "middle";
  c.lineJoin = "round";
  c.setLineDash([]);
  c.lineWidth = 3.5;
  c.strokeStyle = "#fff";
  c.strokeText(text, x, y);
  c.fillStyle = colour;
  c.fillText(text, x, y);
}

/** The surface's bands and contours, one pixel of the screen at a time. */
function paintGround(context, box, header, ground, n = 121) {
  const scale = window.devicePixelRatio || 1;
  const w = Math.round(box.w * scale), tall = Math.round(box.h * scale);
  const image = context.createImageData(w, tall), out = image.data;
  const colours = header.bands.map((hex) => parseInt(hex.slice(1), 16));
  const unit = header.bands.length / 65535, across = (n - 1) / w, up = (n - 1) / tall;
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
      out[p] = (colour >> 16) * (1 - line) + 0x9a * line;
      out[p + 1] = ((colour >> 8) & 255) * (1 - line) + 0xa7 * line;
      out[p + 2] = (colour & 255) * (1 - line) + 0xb5 * line;
      out[p + 3] = 255;
    }
  }
  context.putImageData(image, Math.round(box.x * scale), Math.round(box.y * scale));
}

function star(c, x, y) {
  c.beginPath();
  for (let i = 0; i < 10; i++) {
    const r = i % 2 ? 3.2 : 8, a = (i * Math.PI) / 5;
    c.lineTo(x + r * Math.sin(a), y - r * Math.cos(a));
  }
  c.closePath();
  c.setLineDash([]);
  c.lineWidth = 2;
  c.strokeStyle = "#fff";
  c.stroke();
  c.fillStyle = INK;
  c.fill();
}

// --- the explorer -------------------------------------------------------------------------------

function render({ model, el }) {
  const form = model.get("form"), stored = Boolean(model.stored);
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  let header = null, codes = null, ground = null; // what was computed
  let rate = 0, step = 0, runs = [], pins = [], detail = true; // what is looked at
  let playing = 0, hover = null, request = 0, waiting = 0, moved = null, frames = 0, drawn = 0;
  let packedGround = null, painted = "";
  const frame = { map: null, loss: null }; // the scales of both panels
  const still = { map: document.createElement("canvas"), loss: document.createElement("canvas") };

  // --- elements

  const shown = (name) => form.show.includes(name);
  const row = (...children) => h("div", { className: "row" }, ...children);
  const button = (text, title, action) =>
    h("button", { type: "button", textContent: text, title, "aria-label": `${text}: ${title}`, onclick: action });
  const range = (attributes, action) => {
    const input = h("input", { type: "range", ...attributes });
    input.addEventListener("input", () => action(Number(input.value)));
    return input;
  };
  const labelled = (name, text, input, ...more) => {
    input.ariaLabel = text; // without the value, which a label around it would add
    return h("label", { hidden: !shown(name) }, text, input, ...more);
  };

  const rateInput = range({ min: 0, step: 1 }, (v) => setRate(v));
  const rateText = h("span", { className: "value" });
  const stepInput = range({ min: 0, step: 1 }, (v) => setStep(v));
  const stepText = h("span", { className: "value" });
  const playButton = button("Play", "Move through the steps", () => play(!playing));
  const pinButton = button("Pin", "Keep these runs in sight to compare others with them", () => pin());
  const showDetail = h("input", { type: "checkbox", checked: true });
  showDetail.addEventListener("change", () => ((detail = showDetail.checked), draw()));

  // The controls that need Python, each with the setting that it changes.
  const needs = {};
  const select = (name, options) => {
    needs[name] = h("select", {}, ...options.map(([value, text]) => h("option", { value, textContent: text })));
    needs[name].addEventListener("change", () => {
      const value = needs[name].value;
      if (name in form.hypers) ask({ [name]: value === "" ? null : Number(value) });
      else ask({ [name]: name === "tuned" ? value === "yes" : value });
    });
    return needs[name];
  };
  const entry = (name, attributes, change) => {
    needs[name] = h("input", { type: "number", ...attributes });
    needs[name].addEventListener("change", () => {
      const value = needs[name].valueAsNumber;
      if (!finite(value)) fill();
      else if (change) change(value);
      else ask({ [name]: value });
    });
    return needs[name];
  };
  const sweep = (name, attributes, unit) => {
    const text = h("span", { className: "value" });
    needs[name] = range(attributes, (v) => {
      text.textContent = `${v}${unit}`;
      ask({ [name]: v });
    });
    needs[name].text = (v) => (text.textContent = `${v}${unit}`);
    return [needs[name], text];
  };
  const boxes = form.optimizers.map((name) => {
    const box = h("input", { type: "checkbox", value: name });
    box.addEventListener("change", () => ask({ optimizers: boxes.filter((b) => b.checked).map((b) => b.value) }));
    return box;
  });
  const hyperLabels = Object.entries(form.hypers).map(([name, { label, values }]) => {
    const options = [["", HYPER_DEFAULT], ...values.map((v) => [String(v), String(v)])];
    return [name, labelled(name, label, select(name, options))];
  });

  const map = h("canvas", {
    className: "map", tabIndex: 0, role: "application", "aria-roledescription": "map",
  });
  const chart = h("canvas", { className: "loss", role: "img" });
  const sentence = h("p", { className: "sentence" });
  const pinned = h("p", { className: "pinned" });
  const note = h("p", { className: "note", role: "alert" });
  const heard = h("p", { className: "heard", "aria-live": "polite" });
  const body = h("tbody");
  const titles = ["method", "loss", "x, y", "Σg² or v of x, y", "effective rates", "gradient"];
  const table = h("table", {}, h("thead", {}, h("tr", {}, ...titles.map((t) => h("th", { scope: "col", textContent: t })))), body);
  const caption = h("caption", { className: "heard" });
  table.prepend(caption);
  const code = h("code");
  const copied = h("span", { role: "status" });
  // Few choices stand above the picture; many would push it out of sight.
  const choices = row(
    labelled("surface", "surface", select("surface", form.surfaces.map((s) => [s, s]))),
    h("fieldset", { hidden: !shown("optimizers") }, h("legend", {}, "optimizers"),
      ...boxes.map((box) => h("label", {}, box, box.value))),
    labelled("tuned", "rates", select("tuned", [["no", "one for all"], ["yes", "each its best"]])),
    ...hyperLabels.map(([, label]) => label),
    labelled("angle", "turn by", ...sweep("angle", { min: -90, max: 90, step: 1 }, "°")),
    labelled("noise", "noise", ...sweep("noise", { min: 0, max: 5, step: 0.1 }, "")),
    labelled("seed", "seed", entry("seed", { min: 0, step: 1 })),
    labelled("steps", "steps", entry("steps", { min: 1, max: form.longest, step: 10 })),
    labelled("x", "start x", entry("x", { step: "any" }, (v) => place([v, at()[1]]))),
    labelled("y", "start y", entry("y", { step: "any" }, (v) => place([at()[0], v]))),
  );
  const many = form.show.filter((name) => name in needs || name === "optimizers").length > 4;
  const root = h("section", { className: "race", role: "group", "aria-label": "Race of optimizers" },
    h("style", { textContent: CSS }),
    h("p", { innerHTML: `<b>Play for this:</b> ${form.question}` }),
    row(
      labelled("rate", "rate η", rateInput, rateText),
      h("span", { className: "row", hidden: !shown("step"), style: "margin: 0" },
        playButton, button("−1", "One step back", () => setStep(step - 1)),
        button("+1", "One step on", () => setStep(step + 1)),
        labelled("step", "step", stepInput, stepText)),
      pinButton,
      button("Reset", "Back to the first settings", () => reset()),
      h("label", {}, showDetail, "squares and arrows"),
    ),
    ...(many ? [] : [choices]),
    note,
    h("div", { className: "panels" }, map, chart),
    sentence, pinned,
    ...(many ? [choices] : []),
    h("div", { className: "numbers", tabIndex: 0, role: "region", "aria-label": "Numbers at this step" }, table),
    h("p", {}, code, " ", h("span", { className: "copy" }, button("Copy", "Copy this line of Python", () => copy()), " ", copied)),
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
    const all = Object.values(warnings).filter(Boolean).join(" ");
    if (note.textContent !== all) note.textContent = all;
    root.dataset.note = all;
  }

  function ask(change, start) {
    if (stored) return;
    moved = start || moved;
    request = Math.max(request, settings().request || 0) + 1;
    root.dataset.state = "waiting";
    clearTimeout(waiting);
    waiting = setTimeout(() => tell("kernel",
      "The kernel does not answer: it is busy, or gone. Rate and time still move; to change the rest, run this cell again."), 4000);
    try {
      model.set("settings", { ...settings(), ...change, request });
      model.save_changes();
    } catch (error) {
      tell("kernel", `This explorer has lost its kernel: run this cell again. (${error.message})`);
    }
    draw();
  }

  /** Ask for another start. Python wants it as it was before the surface was turned. */
  function place(start) {
    const a = (-settings().angle * Math.PI) / 180, [x, y] = start;
    ask({ start: [x * Math.cos(a) - y * Math.sin(a), x * Math.sin(a) + y * Math.cos(a)] }, start);
  }

  async function arrive() {
    try {
      await receive();
    } catch (error) {
      tell("browser", `This browser cannot draw the race: ${error.message}.`);
    }
  }

  async function receive() {
    const fresh = model.get("header");
    const first = !header;
    tell("python", fresh.error ? `Python refuses these settings: ${fresh.error}` : "");
    if (!fresh.error) {
      const raw = await inflate(model.get("paths"));
      if (packedGround !== model.get("ground")) {
        ground = undo(await inflate(model.get("ground")), 121);
        packedGround = model.get("ground");
        painted = ""; // the map is to be painted anew
      }
      if (model.get("header") !== fresh) return;
      const stays = !first && step === header.steps ? fresh.steps : Math.min(step, fresh.steps);
      const eta = first ? settings().rate : header.rates[rate];
      header = fresh;
      rate = nearest(eta);
      codes = undo(raw, header.steps + 1);
      step = first ? header.steps : stays;
    }
    const late = fresh.request && fresh.request < request; // while dragging: a newer one is on its way
    if (!late) {
      clearTimeout(waiting);
      moved = null;
    }
    tell("kernel", "");
    fill();
    choose();
    tabulate();
    scaleAll();
    draw();
    if (late) return;
    root.dataset.state = fresh.error ? "error" : "ready";
    if (!first) hear();
  }

  const nearest = (value) => header.rates.reduce(
    (best, r, i, all) => (Math.abs(Math.log(r / value)) < Math.abs(Math.log(all[best] / value)) ? i : best), 0);

  /** Put what is set into the controls. */
  function fill() {
    const s = settings();
    for (const [name, control] of Object.entries(needs)) {
      control.disabled = stored;
      if (name === "tuned") control.value = s.tuned ? "yes" : "no";
      else if (name === "x" || name === "y") control.value = +at()[name === "x" ? 0 : 1].toPrecision(6);
      else control.value = s[name] === null ? "" : String(s[name]);
      control.text?.(s[name]);
    }
    for (const box of boxes) {
      box.disabled = stored;
      box.checked = s.optimizers.includes(box.value);
    }
    rateInput.disabled = Boolean(s.tuned);
    for (const [name, label] of hyperLabels) label.hidden = !(shown(name) && header?.hypers.includes(name));
    if (!header) return;
    stepInput.max = header.steps;
    tell("start", header.outside ? `The start (${header.start.map(show).join(", ")}) lies outside the map.` : "");
    if (stored && (form.show.some((n) => n in needs || n === "optimizers"))) {
      tell("stored", "Without a kernel the rate and the step move; run this cell to change the rest.");
    }
  }

  // --- what is looked at

  /** Which of the rates the k-th optimizer has. */
  const which = (k) => (settings().tuned ? header.chosen[k] : rate);

  function choose() {
    if (!header) return;
    runs = header.names.map((name, k) => ({
      name, look: header.looks[k], lost: header.lost[k][which(k)], told: header.told[k][which(k)],
      eta: header.rates[which(k)], ...lane(header, codes, k, which(k)),
    }));
    rateInput.max = header.rates.length - 1;
    rateInput.value = rate;
    const text = settings().tuned ? "each its best" : String(header.rates[rate]);
    rateText.textContent = text;
    rateInput.setAttribute("aria-valuetext", text);
    let line = header.line;
    runs.forEach((run, k) => (line = line.replace(`{${k}}`, String(run.eta))));
    code.textContent = line;
    const how = settings().tuned ? "each at its best rate" : `η = ${header.rates[rate]}`;
    sentence.textContent = runs.length
      ? `${header.where}, ${how}: ${runs.map((run) => run.told).join("; ")}.`
      : "No optimizer is chosen.";
  }

  /** One row of numbers for each method, with a sample of its line. */
  function tabulate() {
    body.replaceChildren(...runs.map((run) => {
      const sample = h("canvas", { width: 88, height: 32 });
      const c = sample.getContext("2d");
      c.scale(2, 2);
      trace(c, run.look, [3, 41], [8, 8], 1, false);
      marker(c, run.look, 22, 8, 5);
      return h("tr", {}, h("th", { scope: "row" }, sample, run.name + (settings().tuned ? ` (η = ${run.eta})` : "")),
        ...titles.slice(1).map(() => h("td", {}, "")));
    }));
  }

  function setRate(value) {
    rate = value;
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
  let speaking = 0;
  function hear() {
    clearTimeout(speaking);
    speaking = setTimeout(() => {
      const now = step < header?.steps ? ` Step ${step}: ${runs.map((r) => `${r.name} ${show(r.loss[step])}`).join(", ")}.` : "";
      heard.textContent = sentence.textContent + now;
    }, 400);
  }

  function play(on) {
    if (Boolean(playing) === on || !header) return;
    cancelAnimationFrame(playing);
    clearInterval(playing);
    playing = 0;
    playButton.textContent = on ? "Pause" : "Play";
    playButton.ariaLabel = on ? "Pause" : "Play";
    if (!on) return;
    if (step >= header.steps) step = 0;
    const pace = Math.max(12, header.steps / 6), began = performance.now(), from = step;
    frames = 0;
    const advance = (to) => {
      setStep(to, true);
      frames += 1;
      root.dataset.frames = frames;
      if (step < header.steps) return true;
      play(false);
      hear();
      return false;
    };
    if (calm.matches) { // no motion: eight still pictures, two in three seconds
      const jump = Math.ceil(header.steps / 8);
      playing = setInterval(() => advance(step + jump), 700);
      return;
    }
    const next = (now) => {
      playing = requestAnimationFrame(next);
      advance(from + Math.floor(((now - began) * pace) / 1000));
    };
    playing = requestAnimationFrame(next);
  }

  function pin() {
    pins = pins.length ? [] : runs.map((run) => ({ ...run, steps: header.steps }));
    pinButton.textContent = pinButton.ariaLabel = pins.length ? "Unpin" : "Pin";
    pinned.textContent = pins.length ? `Pinned, drawn thin. ${sentence.textContent}` : "";
    root.dataset.pinned = pins.length;
    draw();
  }

  function reset() {
    play(false);
    if (pins.length) pin();
    detail = showDetail.checked = true;
    const differs = (a, b) => JSON.stringify(a) !== JSON.stringify(b);
    const first = form.first, now = settings();
    if (header) rate = nearest(first.rate);
    if (Object.keys(first).some((k) => differs(first[k], now[k]))) ask(first);
    step = header ? header.steps : 0;
    choose();
    draw();
    hear();
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

  /** Scales and everything that stays while rate and step move. */
  function scaleAll() {
    if (!header || !map.clientWidth) return;
    const [[x0, x1], [y0, y1]] = header.view;
    const width = map.clientWidth, w = Math.min(width - 52, (360 * (x1 - x0)) / (y1 - y0));
    const tall = (w * (y1 - y0)) / (x1 - x0);
    const box = { x: 40 + (width - 52 - w) / 2, y: 12, w, h: tall };
    frame.map = {
      box,
      x: (v) => box.x + ((v - x0) / (x1 - x0)) * box.w,
      y: (v) => box.y + ((y1 - v) / (y1 - y0)) * box.h,
      back: (px, py) => [x0 + ((px - box.x) / box.w) * (x1 - x0), y1 - ((py - box.y) / box.h) * (y1 - y0)],
    };
    const height = Math.round(box.h + 50);
    fit(map, width, height);
    let c;
    const size = [map.width, map.height].join();
    if (painted !== size) {
      painted = size;
      still.map.width = map.width, still.map.height = map.height;
      c = pen(still.map);
      c.fillStyle = "#fff";
      c.fillRect(0, 0, width, height);
      paintGround(c, box, header, ground);
      axes(c, box, ticks(x0, x1, 5), frame.map.x, tickText, ticks(y0, y1, 5), frame.map.y, tickText, "x", "y");
      for (const [x, y] of header.minima) star(c, frame.map.x(x), frame.map.y(y));
    }

    const wide = chart.clientWidth;
    const high = Math.max(height, 240);
    fit(chart, wide, high);
    still.loss.width = chart.width, still.loss.height = chart.height;
    c = pen(still.loss);
    c.font = `600 12.5px ${FONT}`;
    const longest = Math.max(40, ...header.names.map((n) => c.measureText(`${n} ✗`).width));
    const area = { x: 56, y: 12, w: wide - 56 - longest - 14, h: high - 50 };
    // The scale is the same for all rates, so that curves can be compared while the slider moves.
    let low, top, scale, marks, text;
    if (header.log) {
      top = Math.log10(Math.max(header.first, 1e-9) * 30);
      low = top - 10;
      scale = (v) => Math.log10(Math.max(v, 1e-300));
      marks = ticks(low, top, 6).filter((v) => Number.isInteger(v));
      text = (v) => (v ? `10${[...String(v)].map((d) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(d)]).join("")}` : "1");
    } else {
      const reach = 20 * Math.abs(header.first) + 1;
      [low, top] = [-reach, reach];
      scale = (v) => v;
      marks = ticks(low, top, 6);
      text = tickText;
    }
    frame.loss = {
      box: area,
      x: (t) => area.x + (t / header.steps) * area.w,
      y: (v) => area.y + ((top - clamp(scale(v), low, top)) / (top - low)) * area.h,
      back: (px) => Math.round(clamp((px - area.x) / area.w, 0, 1) * header.steps),
    };
    c.fillStyle = "#fff";
    c.fillRect(0, 0, wide, high);
    const place = (v) => area.y + ((top - v) / (top - low)) * area.h;
    const times = ticks(0, header.steps, 5).filter((t) => Number.isInteger(t));
    axes(c, area, times, frame.loss.x, tickText, marks, place, text, "step",
      header.floor ? "loss above the minimum" : "loss");
  }

  function axes(c, box, xs, x, xText, ys, y, yText, xName, yName) {
    c.strokeStyle = INK;
    c.lineWidth = 1;
    c.setLineDash([]);
    c.strokeRect(box.x, box.y, box.w, box.h);
    for (const v of xs) {
      c.fillStyle = INK;
      c.fillRect(x(v) - 0.5, box.y + box.h, 1, 4);
      words(c, xText(v), x(v), box.y + box.h + 13, INK, "12px", "center");
    }
    for (const v of ys) {
      c.fillStyle = INK;
      c.fillRect(box.x - 4, y(v) - 0.5, 4, 1);
      words(c, yText(v), box.x - 7, y(v), INK, "12px", "right");
    }
    words(c, xName, box.x + box.w / 2, box.y + box.h + 30, INK, "13px", "center");
    c.save();
    c.translate(yName.length > 2 ? 9 : Math.max(8, box.x - 32), box.y + box.h / 2);
    c.rotate(-Math.PI / 2);
    words(c, yName, 0, 0, INK, "13px", "center");
    c.restore();
  }

  function clipTo(c, box) {
    c.save();
    c.beginPath();
    c.rect(box.x, box.y, box.w, box.h);
    c.clip();
  }

  function draw() {
    if (!header || !frame.map) return;
    drawMap();
    drawLoss();
    stepInput.value = step;
    stepText.textContent = `${step} of ${header.steps}`;
    runs.forEach((run, k) => {
      const cells = body.rows[k].cells, t = run.lost >= 0 ? Math.min(step, run.lost - 1) : step;
      const pair = (a, b) => (run[a] ? `${show(run[a][t])}, ${show(run[b][t])}` : "–");
      const gone = run.lost >= 0 && step >= run.lost ? `✗ at step ${run.lost}` : show(run.loss[t]);
      const where = outside(run, t) ? "off the map" : pair("x", "y");
      const texts = [gone, where, pair("Sx", "Sy"), pair("rx", "ry"), pair("gx", "gy")];
      texts.forEach((text, i) => {
        if (cells[i + 1].textContent !== text) cells[i + 1].textContent = text;
      });
    });
    Object.assign(root.dataset, {
      seq: ++drawn, rate: header.rates[rate], step, steps: header.steps, start: JSON.stringify(at()),
      names: header.names.join(), request: header.request,
      heads: JSON.stringify(runs.map((run) => [run.x[step], run.y[step], run.loss[step]].map((v) => +v.toPrecision(6)))),
    });
    map.setAttribute("aria-label", `${sentence.textContent} Arrow keys move the start.`);
    chart.setAttribute("aria-label", `Loss against the step. ${sentence.textContent}`);
    if (caption.textContent !== `Step ${step}`) caption.textContent = `Step ${step}`;
  }

  const outside = (run, t) => {
    const [[x0, x1], [y0, y1]] = header.view;
    return run.x[t] < x0 || run.x[t] > x1 || run.y[t] < y0 || run.y[t] > y1;
  };

  function drawMap() {
    const { box, x, y } = frame.map, c = pen(map), size = window.devicePixelRatio || 1;
    c.drawImage(still.map, 0, 0, still.map.width / size, still.map.height / size);
    clipTo(c, box);
    for (const run of pins) trace(c, run.look, run.x.map(x), run.y.map(y), run.steps, true);
    for (const run of runs) {
      run.px = run.x.map(x), run.py = run.y.map(y);
      trace(c, run.look, run.px, run.py, step, false);
    }
    if (detail) for (const run of runs) if (!outside(run, step)) squares(c, run);
    c.restore();
    for (const run of runs) {
      const [px, py] = [run.px[step], run.py[step]];
      if (!outside(run, step)) marker(c, run.look, px, py, 6.5);
      if (outside(run, step) || (run.lost >= 0 && step >= run.lost - 1)) {
        cross(c, clamp(px, box.x, box.x + box.w), clamp(py, box.y, box.y + box.h), run.look.colour);
      }
    }
    if (detail && step > 0) for (const run of runs) arrows(c, run);
    const [sx, sy] = at();
    c.beginPath();
    c.arc(clamp(x(sx), box.x, box.x + box.w), clamp(y(sy), box.y, box.y + box.h), 5.5, 0, 7);
    c.setLineDash([]);
    c.fillStyle = "#fff", c.fill();
    c.lineWidth = 2.2, c.strokeStyle = INK, c.stroke();
    if (hover?.panel === "map") readout(c, hover, map.clientWidth);
  }

  /** Two squares at the head with areas Σg² (or v): right of it for x, above it for y. */
  function squares(c, run) {
    if (!run.Sx) return;
    let most = 0; // each method has a scale of its own: its largest square of this run
    for (let t = 0; t <= header.steps; t++) most = Math.max(most, run.Sx[t], run.Sy[t]);
    const unit = most > 0 ? 42 / Math.sqrt(most) : 0;
    const [a, b] = [Math.sqrt(run.Sx[step]) * unit, Math.sqrt(run.Sy[step]) * unit];
    c.lineWidth = 1.6;
    c.strokeStyle = run.look.colour;
    c.setLineDash([]);
    for (const [px, py, side] of [
      [run.px[step] + 10, run.py[step] - a / 2, a],
      [run.px[step] - b / 2, run.py[step] - 10 - b, b],
    ]) {
      c.fillStyle = `${run.look.colour}33`;
      c.fillRect(px, py, side, side);
      c.strokeRect(px, py, side, side);
    }
  }

  /** From where this step began: against the gradient (dashed), and the step that was taken. */
  function arrows(c, run) {
    const t = run.lost >= 0 ? Math.min(step, run.lost - 1) : step;
    if (t < 1 || t < step || outside(run, t - 1)) return;
    const [px, py] = [run.px[t - 1], run.py[t - 1]];
    const { box } = frame.map, [[x0, x1], [y0, y1]] = header.view;
    const [ux, uy] = [box.w / (x1 - x0), box.h / (y1 - y0)];
    arrow(c, px, py, -run.gx[t] * ux, run.gy[t] * uy, 34, INK, [3, 3]);
    const length = Math.hypot(run.px[t] - px, run.py[t] - py);
    if (length > 3) arrow(c, px, py, run.px[t] - px, run.py[t] - py, length, run.look.colour, []);
  }

  function drawLoss() {
    const { box, x, y } = frame.loss, c = pen(chart), size = window.devicePixelRatio || 1;
    c.drawImage(still.loss, 0, 0, still.loss.width / size, still.loss.height / size);
    c.fillStyle = FAINT;
    c.fillRect(x(step) - 0.75, box.y, 1.5, box.h);
    const curve = (run, end, faded) => {
      const last = run.lost >= 0 ? Math.min(end, run.lost - 1) : end;
      const xs = Float64Array.from({ length: last + 1 }, (_, t) => x(t));
      const ys = Float64Array.from({ length: last + 1 }, (_, t) => y(run.loss[t]));
      trace(c, run.look, xs, ys, last, faded);
      return [xs[last], ys[last]];
    };
    clipTo(c, { x: box.x - 6, y: box.y - 6, w: box.w + 12, h: box.h + 12 });
    for (const run of pins) curve(run, Math.min(run.steps, header.steps), true);
    const ends = runs.map((run) => {
      const [px, py] = curve(run, header.steps, false);
      const t = run.lost >= 0 ? Math.min(step, run.lost - 1) : step;
      if (run.lost >= 0) cross(c, px, py, run.look.colour);
      marker(c, run.look, x(t), y(run.loss[t]), 6);
      return { text: run.lost >= 0 ? `${run.name} ✗` : run.name, y: py, colour: run.look.colour };
    });
    c.restore();
    ends.sort((a, b) => a.y - b.y);
    for (let again = 0; again < 60; again++) { // push labels that overlap apart
      for (let i = 0; i + 1 < ends.length; i++) {
        const overlap = Math.max(0, 15 - (ends[i + 1].y - ends[i].y)) / 2;
        ends[i].y -= overlap;
        ends[i + 1].y += overlap;
      }
      for (const end of ends) end.y = clamp(end.y, box.y + 6, box.y + box.h - 6);
    }
    for (const end of ends) words(c, end.text, box.x + box.w + 10, end.y, end.colour, "600 12.5px");
    if (hover?.panel === "loss") readout(c, hover, chart.clientWidth);
  }

  /** A few words beside what the pointer is at. */
  function readout(c, { x, y, text }, width) {
    c.font = `12px ${FONT}`;
    const lines = text.split("\n"), w = Math.max(...lines.map((t) => c.measureText(t).width)) + 12;
    const left = clamp(x + 12, 2, width - w - 2), top = Math.max(2, y - 12 - 16 * lines.length);
    c.fillStyle = "#fffffff0";
    c.strokeStyle = FAINT;
    c.lineWidth = 1;
    c.setLineDash([]);
    c.fillRect(left, top, w, 16 * lines.length + 6);
    c.strokeRect(left, top, w, 16 * lines.length + 6);
    lines.forEach((t, i) => words(c, t, left + 6, top + 11 + 16 * i, INK));
  }

  // --- pointer and keys

  const inCanvas = (event, canvas) => {
    const r = canvas.getBoundingClientRect();
    return [((event.clientX - r.left) * canvas.clientWidth) / r.width, ((event.clientY - r.top) * canvas.clientHeight) / r.height];
  };

  function moveStart(point) {
    // Round to a thousandth of the view: nobody clicks more exactly, and the line stays short.
    const rounded = point.map((v, k) => {
      const [low, high] = header.view[k];
      return +clamp(v, low, high).toFixed(Math.max(0, Math.ceil(Math.log10(300 / (high - low)))));
    });
    play(false);
    place(rounded);
  }

  map.addEventListener("pointerdown", (event) => {
    if (stored || event.button || !header) return;
    map.setPointerCapture(event.pointerId);
    moveStart(frame.map.back(...inCanvas(event, map)));
  });
  map.addEventListener("pointermove", (event) => {
    if (!header) return;
    const [px, py] = inCanvas(event, map);
    if (event.buttons && !stored && map.hasPointerCapture(event.pointerId)) return moveStart(frame.map.back(px, py));
    let best = 18;
    hover = null;
    for (const run of runs) {
      for (let t = 0; t <= step; t++) {
        const far = Math.hypot(run.px[t] - px, run.py[t] - py);
        if (far < best) {
          best = far;
          const rates = `effective rate ${show(run.rx[t])}, ${show(run.ry[t])}`;
          hover = { panel: "map", x: px, y: py, text: `${run.name}, step ${t}: (${show(run.x[t])}, ${show(run.y[t])})\nloss ${show(run.loss[t])}\n${rates}` };
        }
      }
    }
    root.dataset.hover = hover?.text || "";
    draw();
  });
  chart.addEventListener("pointermove", (event) => {
    if (!header) return;
    const [px, py] = inCanvas(event, chart), t = frame.loss.back(px);
    if (event.buttons) setStep(t);
    hover = { panel: "loss", x: px, y: py, text: `step ${t}\n${runs.map((r) => `${r.name}: ${r.lost >= 0 && t >= r.lost ? "diverged" : show(r.loss[t])}`).join("\n")}` };
    root.dataset.hover = hover.text;
    draw();
  });
  chart.addEventListener("pointerdown", (event) => {
    if (header && !event.button) setStep(frame.loss.back(inCanvas(event, chart)[0]));
  });
  for (const canvas of [map, chart]) {
    canvas.addEventListener("pointerleave", () => ((hover = null), draw()));
  }
  function steer(event) {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!way || !header || stored) return;
    event.preventDefault();
    const share = event.shiftKey ? 0.1 : 0.02;
    moveStart(at().map((v, k) => v + way[k] * share * (header.view[k][1] - header.view[k][0])));
  }

  // Notebooks take arrows and letters for themselves; within the explorer they are the reader's.
  const keep = (event) => {
    const theirs = event.ctrlKey || event.metaKey || event.altKey || (event.shiftKey && event.key === "Enter");
    if (!root.contains(event.target) || theirs) return;
    event.stopPropagation(); // also towards our own elements, hence the call
    if (event.target === map) steer(event);
  };
  window.addEventListener("keydown", keep, true);

  const observer = new ResizeObserver(() => {
    scaleAll();
    draw();
  });
  observer.observe(map);
  model.on("change:header", arrive);
  arrive();
  return () => {
    play(false);
    clearTimeout(waiting);
    clearTimeout(speaking);
    observer.disconnect();
    window.removeEventListener("keydown", keep, true);
    model.off("change:header", arrive);
  };
}

// --- without a kernel ---------------------------------------------------------------------------

/** Put the stored race into each place of that name, instead of its still picture. */
async function mountAll(name, attempts = 20) {
  const places = document.querySelectorAll(`[data-race="${name}"]:not([data-on])`);
  if (!places.length && attempts) setTimeout(() => mountAll(name, attempts - 1), 100);
  for (const place of places) {
    place.dataset.on = "";
    const [words, ground, paths] = place.dataset.packed.split(".").map(
      (text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer));
    const state = { ...JSON.parse(new TextDecoder().decode(await inflate(words))), ground, paths };
    const model = { stored: true, get: (key) => state[key], set() {}, save_changes() {}, on() {}, off() {} };
    const host = document.createElement("div");
    render({ model, el: host });
    place.replaceChildren(host);
  }
}

export default { render };
