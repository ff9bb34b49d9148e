/** What the explorer draws: terms as MathML, the plane of two exponents, the polygon of terms. */

const SVG = "http://www.w3.org/2000/svg";
const MATHML = "http://www.w3.org/1998/Math/MathML";
const PLANE = { left: 40, top: 14, right: 408, bottom: 352, width: 420, height: 396 };
const WORDS = { free: "hatched", lazy: "dotted", rich: "plain", undetermined: "plain" };

/** @returns {any} an element with attributes and children */
function made(space, tag, attributes = {}, ...children) {
  const element = document.createElementNS(space, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, `${value}`);
  element.append(...children);
  return element;
}

const html = (tag, attributes, ...children) =>
  made("http://www.w3.org/1999/xhtml", tag, attributes, ...children);

/** A term as MathML, as the rest of the page writes it; symbols come in reading order. */
function termMathML(/** @type {any} */ term, /** @type {[number, Element][]} */ symbols, first) {
  const c = term.coefficient;
  const math = made(MATHML, "math");
  const sign = c.n < 0n ? "\u2212" : first ? "" : "+";
  if (sign) math.append(made(MATHML, "mo", first ? {} : { form: "infix" }, sign));
  const size = fraction(c.n < 0n ? -c.n : c.n, c.d);
  const powers = symbols.map(([k, s]) => [term.exponents[k], s]).filter(([e]) => e.n !== 0n);
  const below = powers.filter(([e]) => e.n < 0n).map(([e, s]) => [fraction(-e.n, e.d), s]);
  const above = powers.filter(([e]) => e.n > 0n);
  if (!below.length) {
    math.append(made(MATHML, "mrow", {}, ...product(size, above)));
  } else {
    const rows = [product(fraction(size.n), above), product(fraction(size.d), below)];
    const parts = rows.map((row) => made(MATHML, "mrow", {}, ...row));
    math.append(made(MATHML, "mrow", {}, made(MATHML, "mfrac", {}, ...parts)));
  }
  return math;
}

function product(number, powers) {
  const factors = powers.map(([e, symbol]) => {
    const base = symbol.cloneNode(true);
    if (e.n === 1n && e.d === 1n) return base;
    if (e.n === 1n && e.d === 2n) return made(MATHML, "msqrt", {}, base);
    return made(MATHML, "msup", {}, base, quotient(e, true));
  });
  if (exactText(number) !== "1" || !factors.length) factors.unshift(quotient(number, false));
  return factors.flatMap((x, k) => (k ? [made(MATHML, "mo", {}, "\u2062"), x] : [x]));
}

function quotient(value, flat) {
  const numeral = (n) => made(MATHML, "mn", {}, `${n}`);
  if (value.d === 1n) return numeral(value.n);
  if (!flat) return made(MATHML, "mfrac", {}, numeral(value.n), numeral(value.d));
  return made(MATHML, "mrow", {}, numeral(value.n), made(MATHML, "mo", {}, "/"), numeral(value.d));
}

/** The regions, boundaries and common points over two exponents, the others fixed. */
class PlaneView {
  /** @param {any} svg @param {RegimeFinder} finder */
  constructor(svg, finder) {
    const { axes, windows } = finder.data;
    this.svg = svg;
    this.finder = finder;
    this.axes = axes;
    this.ranges = axes.map((k) => windows[k]);
    if (axes.length === 1) this.ranges.push([0, 1]);
    this.bottom = axes.length === 1 ? PLANE.top + 90 : PLANE.bottom;
    svg.setAttribute("viewBox", `0 0 ${PLANE.width} ${this.bottom + 44}`);
    this.layer = made(SVG, "g");
    this.frame = made(SVG, "g", { class: "frame" });
    svg.prepend(this.layer, this.frame);
    this.drawFrame();
    this.drawn = "";
  }

  /** From exponents to a place of the drawing. */
  at(x, y) {
    const [[left, right], [low, high]] = this.ranges;
    return [
      PLANE.left + ((PLANE.right - PLANE.left) * (x - left)) / (right - left),
      this.bottom - ((this.bottom - PLANE.top) * (y - low)) / (high - low),
    ];
  }

  /** From a place of the window to exponents, and how long a pixel is. */
  under(event) {
    const matrix = this.svg.getScreenCTM();
    const spot = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
    const [[left, right], [low, high]] = this.ranges;
    const inside = (part) => Math.min(1, Math.max(0, part));
    const across = inside((spot.x - PLANE.left) / (PLANE.right - PLANE.left));
    const up = inside((this.bottom - spot.y) / (this.bottom - PLANE.top));
    return {
      exponents: [left + across * (right - left), low + up * (high - low)],
      pixels: [
        ((PLANE.right - PLANE.left) / (right - left)) * matrix.a,
        ((this.bottom - PLANE.top) / (high - low)) * matrix.d,
      ],
    };
  }

  /** A scaling, its axes clamped to the window, as a place. */
  place(scaling) {
    const inside = (x, [low, high]) => Math.min(high, Math.max(low, x));
    const found = this.axes.map((k, i) => inside(number(scaling[k]), this.ranges[i]));
    return this.at(found[0], found[1] ?? 0.5);
  }

  /** Draw what changes with the exponents that are not on an axis; mark the regime. */
  show(scaling, regime) {
    const fixed = scaling.filter((_, k) => !this.axes.includes(k)).map(exactText).join();
    if (this.drawn !== fixed) this.redraw(scaling);
    this.drawn = fixed;
    for (const shape of this.layer.querySelectorAll("[data-regime]")) {
      shape.classList.toggle("here", shape.dataset.regime === regime?.name);
    }
  }

  redraw(scaling) {
    const labels = [];
    this.layer.replaceChildren();
    const base = scaling.map(number);
    for (const k of this.axes) base[k] = 0;
    const half = (row) => [
      row[this.axes[0]],
      this.axes.length > 1 ? row[this.axes[1]] : 0,
      row.reduce((sum, e, k) => sum + e * base[k], 0),
    ];
    const sides = new Map(this.finder.vertices.map((r) => [r.name, this.against(r).map(half)]));
    for (const regime of this.finder.vertices) {
      const [[left, right], [low, high]] = this.ranges;
      let corners = [[left, low], [right, low], [right, high], [left, high]];
      for (const side of sides.get(regime.name)) corners = clipped(corners, side);
      if (corners.length < 3) continue;
      const places = corners.map(([x, y]) => this.at(x, y));
      if (area(places) < 40) continue;
      const points = places.map((spot) => spot.map((v) => v.toFixed(1)).join()).join(" ");
      const shape = `region ${WORDS[regime.learning]}`;
      this.layer.append(made(SVG, "polygon", { points, class: shape, "data-regime": regime.name }));
      const [x, y] = middle(places);
      labels.push([x, y + 6, regime.name, "letter"]);
    }
    const seen = new Set();
    for (const regime of this.finder.regimes.filter((r) => r.equalities.length === 1)) {
      const inner = regime.corners.flatMap((name) => sides.get(name));
      const ends = this.segment(half(unit(regime.equalities[0])), inner);
      const name = ends && this.nameOn(scaling, regime.equalities[0], ends);
      if (!name || seen.has(name)) continue;
      seen.add(name);
      const [[x1, y1], [x2, y2]] = ends.map(([x, y]) => this.at(x, y));
      const style = regime.drifts ? "boundary drifting" : "boundary";
      this.layer.append(made(SVG, "line", { x1, y1, x2, y2, class: style, "data-regime": name }));
      const length = Math.hypot(x2 - x1, y2 - y1);
      if (length < 46) continue;
      const part = this.axes.length > 1 ? 0.5 : 0.18;
      const [a, b] = [(y1 - y2) / length, (x2 - x1) / length];
      const off = 9 + 3.5 * Math.abs(a) * name.length;
      const [x, y] = [x1 + part * (x2 - x1) + a * off, y1 + part * (y2 - y1) + b * off + 4];
      labels.push([x, y, name, "name"]);
    }
    const [i, j] = this.axes;
    for (const at of j === undefined ? [] : this.finder.meetings(scaling, i, j)) {
      const [cx, cy] = this.place(at);
      const { name } = this.finder.locate(at);
      if (seen.has(name)) continue;
      seen.add(name);
      const shape = { cx, cy, r: 5, class: "meeting", "data-regime": name };
      this.layer.append(made(SVG, "circle", shape));
      labels.push([cx + 24, cy + 28, name, "name"]);
    }
    this.write(labels);
  }

  /** Write names, each below what it would cover. */
  write(labels) {
    const put = [];
    for (const [x, start, name, style] of labels) {
      const inside = Math.min(PLANE.right - 10, Math.max(PLANE.left + 12, x));
      const near = put.filter(([a, , c]) => Math.abs(a - inside) < 4 * (name.length + c));
      let y = start;
      while (near.some(([, b]) => Math.abs(b - y) < 13)) y += 5;
      put.push([inside, y, name.length]);
      const place = { x: inside, y, class: style, "data-regime": name };
      this.layer.append(made(SVG, "text", place, name));
    }
  }

  /** The regime in the middle of a line, found exactly. */
  nameOn(scaling, equality, [[x1, y1], [x2, y2]]) {
    const [i, j] = this.axes;
    const large = (k) => (equality[k] < 0n ? -equality[k] : equality[k]);
    const solved = j === undefined || large(i) > large(j) ? i : j;
    let at = scaling;
    if (j !== undefined) {
      const other = solved === i ? j : i;
      at = at.with(other, rounded((other === i ? x1 + x2 : y1 + y2) / 2, 1000));
    }
    const rest = height(at, equality.with(solved, 0n));
    return this.finder.locate(at.with(solved, over(rest, fraction(-equality[solved]))))?.name;
  }

  /** By how much the lines of a vertex lead over every other line. */
  against(regime) {
    return this.finder.classes.flatMap((lines, residue) =>
      regime.lines[residue].flatMap((mine) =>
        lines
          .filter((_, k) => !regime.lines[residue].includes(k))
          .map((other) => unit(lines[mine].map((x, k) => x - other[k]))),
      ),
    );
  }

  /** The part of a line on which no other line leads. */
  segment([a, b, c], halves) {
    const length = Math.hypot(a, b);
    if (length < 1e-9) return null;
    const foot = [(-a * c) / length ** 2, (-b * c) / length ** 2];
    const along = [-b / length, a / length];
    const [[left, right], [low, high]] = this.ranges;
    const frame = [[1, 0, -left], [-1, 0, right], [0, 1, -low], [0, -1, high]];
    let [from, to] = [-1e6, 1e6];
    for (const [p, q, r] of [...halves, ...frame]) {
      const speed = p * along[0] + q * along[1];
      const room = p * foot[0] + q * foot[1] + r;
      if (Math.abs(speed) < 1e-7) {
        if (room < -1e-4) return null;
      } else if (speed > 0) from = Math.max(from, -room / speed);
      else to = Math.min(to, -room / speed);
    }
    const end = (t) => [foot[0] + t * along[0], foot[1] + t * along[1]];
    return to - from > 1e-3 ? [end(from), end(to)] : null;
  }

  drawFrame() {
    const [[left, right], [low, high]] = this.ranges;
    const { data } = this.finder;
    const text = (x, y, words, anchor) =>
      this.frame.append(made(SVG, "text", { x, y, "text-anchor": anchor }, words));
    const tick = (x1, y1, x2, y2) => this.frame.append(made(SVG, "line", { x1, y1, x2, y2 }));
    const named = (k) => `log ${data.letters[k]} / log ${data.letters[0]}`;
    for (const value of roundValues(left, right)) {
      const [x] = this.at(value, low);
      tick(x, this.bottom, x, this.bottom + 5);
      text(x, this.bottom + 18, signed(value), "middle");
    }
    text(PLANE.right, this.bottom + 37, named(this.axes[0]), "end");
    const box = { x: PLANE.left, y: PLANE.top, width: PLANE.right - PLANE.left };
    this.frame.append(made(SVG, "rect", { ...box, height: this.bottom - PLANE.top, fill: "none" }));
    if (this.axes.length < 2) return;
    for (const value of roundValues(low, high)) {
      const [, y] = this.at(left, value);
      tick(PLANE.left - 5, y, PLANE.left, y);
      text(PLANE.left - 8, y + 4, signed(value), "end");
    }
    text(2, this.bottom + 37, `\u2191 ${named(this.axes[1])}`, "start");
  }
}

/** Draw the terms of an order, those that lead filled. */
function drawPolygon(svg, order, leading) {
  const [wide, high, margin] = [200, 170, 34];
  const spots = order.spots ?? [];
  const lows = [0, 1].map((k) => Math.min(...spots.map((spot) => spot[k])));
  const spans = [0, 1].map((k) => Math.max(1, ...spots.map((spot) => spot[k] - lows[k])));
  const at = ([x, y]) => [
    margin + ((wide - margin - 14) * (x - lows[0])) / spans[0],
    high - margin - ((high - margin - 22) * (y - lows[1])) / spans[1],
  ];
  svg.setAttribute("viewBox", `0 0 ${wide} ${high}`);
  const dots = order.front.map((term, k) => {
    const [cx, cy] = at(spots[k]);
    const here = leading.includes(term);
    return made(SVG, "circle", { cx, cy, r: here ? 5.5 : 3, class: here ? "leads" : "term" });
  });
  const [x, y] = [margin - 12, high - margin + 12];
  svg.replaceChildren(
    made(SVG, "path", { d: `M${x},8V${y}H${wide - 4}`, class: "axis" }),
    ...dots.sort((a, b) => Number(a.getAttribute("r")) - Number(b.getAttribute("r"))),
    made(SVG, "text", { x: wide - 4, y: high - 6, "text-anchor": "end" }, order.names[0]),
    made(SVG, "text", { x: x + 6, y: 14 }, order.names[1]),
  );
}

/** The part of a convex polygon on one side (Sutherland and Hodgman). */
function clipped(corners, [a, b, c]) {
  const room = ([x, y]) => a * x + b * y + c;
  return corners.flatMap((one, k) => {
    const two = corners[(k + 1) % corners.length];
    const [first, second] = [room(one), room(two)];
    const kept = first >= 0 ? [one] : [];
    if (first < 0 !== second < 0) {
      const t = first / (first - second);
      kept.push([one[0] + t * (two[0] - one[0]), one[1] + t * (two[1] - one[1])]);
    }
    return kept;
  });
}

/** @returns {number} the area of a polygon */
function area(corners) {
  const next = (k) => corners[(k + 1) % corners.length];
  return Math.abs(corners.reduce((sum, [x, y], k) => sum + x * next(k)[1] - y * next(k)[0], 0)) / 2;
}

/** The centre of mass of a polygon. */
function middle(corners) {
  let [sum, x, y] = [0, 0, 0];
  corners.forEach(([ax, ay], k) => {
    const [bx, by] = corners[(k + 1) % corners.length];
    const cross = ax * by - bx * ay;
    [sum, x, y] = [sum + cross, x + (ax + bx) * cross, y + (ay + by) * cross];
  });
  return [x / (3 * sum), y / (3 * sum)];
}

/** An integer vector as binary numbers, the largest 1. */
function unit(row) {
  const top = row.reduce((a, b) => (b * b > a * a ? b : a));
  return row.map((x) => (top ? number(fraction(x, top < 0n ? -top : top)) : 0));
}

function roundValues(low, high) {
  const step = [0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 50].find((d) => (high - low) / d <= 7) ?? 100;
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: count }, (_, k) => (first + k) * step);
}

const signed = (value) => `${Number(value.toFixed(6))}`.replace("-", "\u2212");
