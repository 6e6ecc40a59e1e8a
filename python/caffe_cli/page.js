"use strict";
const nets = JSON.parse(document.getElementById("nets").textContent);
const SVG = "http://www.w3.org/2000/svg", ROW = 58, GAP = 22;
const number = (n) => {
  for (const unit of ["", " k", " M", " G", " T"]) {
    if (Math.abs(n) < 1000) return (unit ? n.toFixed(1) : String(Math.round(n))) + unit;
    n /= 1000;
  }
  return n.toFixed(0) + " P";
};
const shape = (s) => s.join("×") || "1";
const element = (name, attributes, parent) => {
  const made = document.createElementNS(SVG, name);
  for (const key in attributes) made.setAttribute(key, attributes[key]);
  if (parent) parent.appendChild(made);
  return made;
};
const html = (name, parent, text) => {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (parent) parent.appendChild(made);
  return made;
};

// -- the graph's layout: rows by the longest way from an input, order within a row by neighbours

function layout(layers) {
  const maker = new Map(), edges = [];
  layers.forEach((layer, i) => {
    layer.row = 0;
    layer.width = Math.max(84, 7.2 * Math.min(layer.name.length, 30) + 18);
    for (const blob of layer.bottoms) {
      if (!maker.has(blob)) continue;
      const from = maker.get(blob);
      edges.push({ from, to: i });
      layer.row = Math.max(layer.row, layers[from].row + 1);
    }
    for (const blob of layer.tops) maker.set(blob, i);
  });
  // An input read late stands just above its reader.
  layers.forEach((layer, i) => {
    if (layer.bottoms.length) return;
    const readers = edges.filter((e) => e.from === i).map((e) => layers[e.to].row);
    if (readers.length) layer.row = Math.min(...readers) - 1;
  });
  const rows = [], least = Math.min(0, ...layers.map((l) => l.row));
  const put = (cell, row) => { (rows[row - least] ||= []).push(cell); return cell; };
  layers.forEach((layer) => { layer.up = []; layer.down = []; put(layer, layer.row); });
  const link = (a, b) => { a.down.push(b); b.up.push(a); };
  for (const edge of edges) {
    const from = layers[edge.from], to = layers[edge.to];
    edge.path = [from];
    for (let row = from.row + 1; row < to.row; row++) {
      edge.path.push(put({ width: 8, row, up: [], down: [] }, row));
    }
    edge.path.push(to);
    edge.path.forEach((cell, k) => k && link(edge.path[k - 1], cell));
  }
  const spread = (row) => {
    let x = 0;
    for (const cell of row) { cell.x = x + cell.width / 2; x += cell.width + GAP; }
    for (const cell of row) cell.x -= (x - GAP) / 2;
  };
  rows.forEach(spread);
  const middle = (cells) => cells.reduce((sum, cell) => sum + cell.x, 0) / cells.length;
  for (let sweep = 0; sweep < 6; sweep++) {
    const side = sweep % 2 ? "down" : "up";
    for (const row of sweep % 2 ? [...rows].reverse() : rows) {
      for (const cell of row) cell.wish = cell[side].length ? middle(cell[side]) : cell.x;
      row.sort((a, b) => a.wish - b.wish);
      place(row);
    }
  }
  layers.forEach((layer) => { layer.y = (layer.row - least) * ROW; });
  for (const edge of edges) for (const cell of edge.path) cell.y = (cell.row - least) * ROW;
  return { edges, height: rows.length * ROW };
}

// Put a row's cells where they wish to be, as far as they leave each other room.
function place(row) {
  const groups = [];
  for (const cell of row) {
    let group = { cells: [cell], wish: cell.wish, width: cell.width };
    while (groups.length) {
      const last = groups[groups.length - 1];
      if (last.wish + last.width / 2 + GAP <= group.wish - group.width / 2) break;
      groups.pop();
      const cells = [...last.cells, ...group.cells], width = last.width + GAP + group.width;
      let at = 0, sum = 0;
      for (const c of cells) { sum += c.wish - (at + c.width / 2); at += c.width + GAP; }
      group = { cells, width, wish: sum / cells.length + width / 2 };
    }
    groups.push(group);
  }
  for (const group of groups) {
    let x = group.wish - group.width / 2;
    for (const cell of group.cells) { cell.x = x + cell.width / 2; x += cell.width + GAP; }
  }
}

// -- drawing, panning and zooming

const views = [];

function draw(net, side) {
  const figure = html("figure", document.getElementById("graphs"));
  html("figcaption", figure, nets.length > 1 ? net.file : "").hidden = nets.length < 2;
  const svg = element("svg", { role: "group", "aria-label": "graph of " + net.name }, figure);
  const stage = element("g", {}, svg);
  const { edges, height } = layout(net.layers);
  for (const edge of edges) {
    let d = "";
    edge.path.forEach((cell, k) => {
      if (!k) { d = `M${cell.x},${cell.y + 36}`; return; }
      const before = edge.path[k - 1], y = before.y + 36, end = cell.y, bend = (end - y) / 2;
      d += `C${before.x},${y + bend} ${cell.x},${end - bend} ${cell.x},${end}`;
      if (k < edge.path.length - 1) d += `L${cell.x},${end + 36}`;
    });
    edge.drawn = element("path", { d, class: "edge" }, stage);
  }
  const nodes = new Map();
  net.layers.forEach((layer) => {
    const group = element("g", {
      class: "node " + layer.mark, transform: `translate(${layer.x - layer.width / 2},${layer.y})`,
    }, stage);
    const color = getComputedStyle(document.documentElement).getPropertyValue("--" + layer.type);
    element("rect", {
      width: layer.width, height: 36, rx: 5,
      style: `fill: var(--${color ? layer.type : "other"})`,
    }, group);
    const name = element("text", { x: layer.width / 2, y: 15, "text-anchor": "middle" }, group);
    name.textContent = layer.name.length > 30 ? layer.name.slice(0, 29) + "…" : layer.name;
    const kind = element("text", {
      x: layer.width / 2, y: 29, "text-anchor": "middle", class: "kind",
    }, group);
    kind.textContent = layer.type;
    group.addEventListener("click", () => choose(layer.name, false));
    nodes.set(layer.name, group);
  });
  const view = { svg, stage, nodes, edges, net, height, x: 0, y: 0, zoom: 1 };
  moves(view);
  views.push(view);
}

function show(view) {
  view.stage.setAttribute("transform", `translate(${view.x},${view.y}) scale(${view.zoom})`);
}

function fit(view) {
  const box = view.svg.getBoundingClientRect(), drawn = view.stage.getBBox();
  const whole = Math.min(box.width / (drawn.width + 30), box.height / (drawn.height + 30));
  // A long net is shown from its top, at a size that can be read, rather than as a thread.
  view.zoom = Math.max(whole, Math.min(0.9, Math.max(0.6, box.width / (drawn.width + 30))));
  const narrow = drawn.width * view.zoom < box.width;
  const middle = narrow ? drawn.x + drawn.width / 2 : view.net.layers[0].x;
  view.x = box.width / 2 - middle * view.zoom;
  view.y = whole === view.zoom ? (box.height - drawn.height * whole) / 2 : 14;
  show(view);
}

function zoomAt(view, factor, x, y) {
  const zoom = Math.min(4, Math.max(0.02, view.zoom * factor));
  view.x = x - (x - view.x) * zoom / view.zoom;
  view.y = y - (y - view.y) * zoom / view.zoom;
  view.zoom = zoom;
  show(view);
}

function moves(view) {
  const fingers = new Map();
  const at = (event) => {
    const box = view.svg.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  view.svg.addEventListener("pointerdown", (event) => fingers.set(event.pointerId, at(event)));
  view.svg.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId), now = at(event);
    if (!before) return;
    if (event.buttons && !view.svg.hasPointerCapture(event.pointerId) &&
        Math.hypot(now.x - before.x, now.y - before.y) > 3) {
      view.svg.setPointerCapture(event.pointerId);
    }
    if (fingers.size === 1) {
      view.x += now.x - before.x;
      view.y += now.y - before.y;
      show(view);
    } else if (fingers.size === 2) {
      const [other] = [...fingers].filter(([id]) => id !== event.pointerId).map(([, p]) => p);
      const apart = (p) => Math.hypot(p.x - other.x, p.y - other.y) || 1;
      zoomAt(view, apart(now) / apart(before), (now.x + other.x) / 2, (now.y + other.y) / 2);
    }
    fingers.set(event.pointerId, now);
  });
  const end = (event) => fingers.delete(event.pointerId);
  for (const type of ["pointerup", "pointercancel", "pointerleave"]) {
    view.svg.addEventListener(type, end);
  }
  view.svg.addEventListener("wheel", (event) => {
    event.preventDefault();
    const p = at(event);
    zoomAt(view, Math.exp(-event.deltaY / 400), p.x, p.y);
  }, { passive: false });
}

// -- two nets

function mark() {
  const [left, right] = nets.map((net) => new Map(net.layers.map((l) => [l.name, l])));
  for (const net of nets) for (const layer of net.layers) {
    const a = left.get(layer.name), b = right && right.get(layer.name);
    layer.mark = !right ? "" : !b ? "left" : !a ? "right" :
      a.prototxt !== b.prototxt || String(a.shapes) !== String(b.shapes) ? "changed" : "";
  }
}

function names() {
  const all = nets[0].layers.map((layer) => layer.name);
  const known = new Set(all);
  let last = 0;
  for (const layer of nets[1] ? nets[1].layers : []) {
    if (known.has(layer.name)) last = all.indexOf(layer.name) + 1;
    else { all.splice(last, 0, layer.name); last += 1; }
  }
  return all;
}

// Lines of `a` and `b`, in common, only in the one, only in the other.
function compare(a, b) {
  const x = a.split("\n"), y = b.split("\n");
  const common = Array.from({ length: x.length + 1 }, () => new Uint16Array(y.length + 1));
  for (let i = x.length - 1; i >= 0; i--) for (let j = y.length - 1; j >= 0; j--) {
    common[i][j] = x[i] === y[j] ? common[i + 1][j + 1] + 1 :
      Math.max(common[i + 1][j], common[i][j + 1]);
  }
  const lines = [];
  let i = 0, j = 0;
  while (i < x.length || j < y.length) {
    if (i < x.length && j < y.length && x[i] === y[j]) { lines.push(["span", "  " + x[i]]); i++; j++; }
    else if (j >= y.length || (i < x.length && common[i + 1][j] >= common[i][j + 1])) {
      lines.push(["del", "− " + x[i++]]);
    } else lines.push(["ins", "+ " + y[j++]]);
  }
  return lines;
}

// -- the list and a layer's page

const order = (mark(), names());
const find = document.getElementById("find"), body = document.querySelector("#list tbody");
const layerOf = (name) => {
  for (const net of nets) {
    const layer = net.layers.find((l) => l.name === name);
    if (layer) return [layer, net];
  }
};
const rows = new Map();
let chosen = null;

function fillList() {
  for (const name of order) {
    const [layer, net] = layerOf(name), row = html("tr", body);
    row.className = layer.mark;
    html("td", row, name).title = name;
    html("td", row, layer.type);
    html("td", row, layer.shapes.map(shape).join(" "));
    for (const what of ["params", "macs", "memory"]) {
      const cell = html("td", row, layer[what] ? number(layer[what]) : "");
      cell.className = "bar";
      cell.style.backgroundSize = `${100 * layer[what] / (net.most[what] || 1)}% 70%`;
    }
    row.addEventListener("click", () => choose(name, true));
    rows.set(name, row);
  }
}

function choose(name, centre) {
  chosen = name;
  for (const [other, row] of rows) {
    row.classList.toggle("chosen", other === name);
    row.setAttribute("aria-selected", other === name);
  }
  rows.get(name).scrollIntoView({ block: "nearest" });
  for (const view of views) {
    for (const [other, node] of view.nodes) node.classList.toggle("chosen", other === name);
    for (const edge of view.edges) {
      const ends = [view.net.layers[edge.from].name, view.net.layers[edge.to].name];
      edge.drawn.classList.toggle("chosen", ends.includes(name));
    }
    const layer = view.net.layers.find((l) => l.name === name);
    if (centre && layer) {
      const box = view.svg.getBoundingClientRect();
      view.zoom = Math.max(view.zoom, 0.6);
      view.x = box.width / 2 - layer.x * view.zoom;
      view.y = box.height / 2 - layer.y * view.zoom;
      show(view);
    }
  }
  describe(name);
  history.replaceState(null, "", "#" + encodeURIComponent(name));
}

function describe(name) {
  const box = document.getElementById("detail");
  box.textContent = "";
  const [layer, net] = layerOf(name);
  html("h2", box, name + " ");
  const list = html("dl", box);
  const say = (what, text) => { html("dt", list, what); return html("dd", list, text); };
  say("type", layer.type);
  if (nets.length > 1) {
    say("in the two nets", { left: `only in ${nets[0].file}`, right: `only in ${nets[1].file}`,
      changed: "differs", "": "the same" }[layer.mark]);
  }
  say("bottom", layer.bottoms.map((b, i) => `${b} ${shape(layer.inputs[i])}`).join(", ") || "none");
  say("top", layer.tops.map((t, i) => `${t} ${shape(layer.shapes[i])}`).join(", ") || "none");
  if (layer.view) {
    const [extent, spacing, start] = layer.view;
    say("sees", `${extent} ${extent === 1 ? "pixel" : "pixels"}, one position every ${spacing}, the first at ${start}`);
  } else say("sees", "the whole input, or not known");
  for (const [what, text, unit] of [["params", "parameters", ""], ["macs", "multiply-adds", ""],
    ["memory", "memory", "B"]]) {
    const share = layer[what] / (net.total[what] || 1);
    const value = `${number(layer[what])}${unit && (layer[what] < 1000 ? " " : "") + unit}`;
    const item = say(text, `${value}, ${(100 * share).toFixed(1)} %`);
    const bar = html("span", item);
    bar.className = "share";
    bar.style.backgroundSize = `${100 * share}% 100%`;
  }
  const pre = html("pre", box);
  const other = nets[1] && nets[1].layers.find((l) => l.name === name);
  if (layer.mark === "changed") {
    for (const [kind, line] of compare(layer.prototxt, other.prototxt)) html(kind, pre, line + "\n");
  } else pre.textContent = layer.prototxt;
  box.scrollTop = 0;
}

function search() {
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = (name) => {
    const text = (name + " " + layerOf(name)[0].type).toLowerCase();
    return words.every((word) => text.includes(word));
  };
  const found = new Set(order.filter(matches));
  for (const [name, row] of rows) row.hidden = !found.has(name);
  for (const view of views) {
    for (const [name, node] of view.nodes) node.classList.toggle("dim", !found.has(name));
  }
  return [...found];
}

function step(by) {
  const seen = order.filter((name) => !rows.get(name).hidden);
  if (!seen.length) return;
  const at = seen.indexOf(chosen);
  choose(seen[Math.max(0, Math.min(seen.length - 1, at < 0 ? 0 : at + by))], true);
}

const zoomAll = (factor) => views.forEach((view) => {
  const box = view.svg.getBoundingClientRect();
  zoomAt(view, factor, box.width / 2, box.height / 2);
});
const KEYS = {
  ArrowDown: () => step(1), j: () => step(1), ArrowUp: () => step(-1), k: () => step(-1),
  PageDown: () => step(10), PageUp: () => step(-10), Home: () => step(-1e6), End: () => step(1e6),
  "+": () => zoomAll(1.25), "=": () => zoomAll(1.25), "-": () => zoomAll(0.8),
  0: () => views.forEach(fit), "/": () => find.focus(),
};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target === find) {
    if (event.key === "Escape") { find.value = ""; search(); find.blur(); }
    if (event.key === "Enter") { const [first] = search(); if (first) choose(first, true); find.blur(); }
    return;
  }
  if (KEYS[event.key]) { event.preventDefault(); KEYS[event.key](); }
});
find.addEventListener("input", search);
document.getElementById("closer").addEventListener("click", () => zoomAll(1.25));
document.getElementById("wider").addEventListener("click", () => zoomAll(0.8));
document.getElementById("whole").addEventListener("click", () => views.forEach(fit));

nets.forEach(draw);
fillList();
views.forEach(fit);
const wanted = decodeURIComponent(location.hash.slice(1));
if (rows.has(wanted)) choose(wanted, true);
else choose(order[0], false);
