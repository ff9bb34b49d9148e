/**
 * Which regime a scaling or actual sizes are in, by the rules of wickflow's Python code.
 *
 * A scaling has one exponent for every symbol. The vertices of all orders of one residue class
 * are compared far out; the regime is the face whose vertices lead in every class.
 *
 * @typedef {{name: string, dimension: number, corners: string[], equalities: bigint[][],
 *   lines?: number[][], drifts: boolean, moves: boolean, learning: string, first: number,
 *   place: Rational[], index: number}} Regime
 * @typedef {{s: number, terms: {coefficient: Rational, exponents: Rational[]}[],
 *   front: number[], faces: number[][], vertices: number[][], spots?: number[][],
 *   names?: string[]}} Order
 */
class RegimeFinder {
  /** @param {any} data as embedded in the page */
  constructor(data) {
    const exact = (/** @type {string[]} */ texts) => texts.map((text) => rational(text));
    const integers = (/** @type {string[]} */ texts) => texts.map(BigInt);
    this.data = data;
    this.start = exact(data.start);
    this.classes = data.classes.map((lines) => lines.map(integers));
    /** @type {Regime[]} */
    this.regimes = data.regimes.map((regime, index) => ({
      ...regime,
      index,
      place: exact(regime.place),
      equalities: regime.equalities.map(integers),
    }));
    /** @type {Order[]} */
    this.orders = data.orders.map((order) => ({
      ...order,
      terms: order.terms.map(([coefficient, exponents]) => ({
        coefficient: rational(coefficient),
        exponents: exact(exponents),
      })),
    }));
    this.vertices = this.regimes.filter((regime) => regime.dimension === 0);
    this.byCorners = new Map(this.regimes.map((r) => [[...r.corners].sort().join(), r]));
  }

  /** The regime that leads for a scaling. @param {Rational[]} scaling @returns {Regime | null} */
  locate(scaling) {
    const direction = whole(scaling);
    /** @type {string[]} */
    let corners = [];
    this.classes.forEach((lines, residue) => {
      if (!lines.length) return;
      const leading = largest(lines.map((line) => dot(line, direction)));
      const here = this.vertices
        .filter((vertex) => vertex.lines[residue].every((line) => leading.has(line)))
        .map((vertex) => vertex.name);
      corners = corners.length ? corners.filter((name) => here.includes(name)) : here;
    });
    return this.byCorners.get(corners.sort().join()) ?? null;
  }

  /** The terms of an order that lead. @param {Order} order @param {Rational[]} scaling */
  leading(order, scaling) {
    const direction = whole(scaling);
    const heights = order.front.map((k) => height(order.terms[k].exponents, direction));
    const places = largestRational(heights);
    return order.front.filter((_, place) => places.has(place));
  }

  /** Whether other terms lead at an order than those of the regime. */
  early(/** @type {Order} */ order, /** @type {Regime} */ regime, /** @type {number[]} */ leading) {
    if (order.s < regime.first) return true;
    return leading.length > 0 && !order.vertices[regime.index].every((k) => leading.includes(k));
  }

  /**
   * Values of one exponent at which boundaries are crossed, the others fixed; sorted.
   * @param {Rational[]} scaling @param {number} place
   */
  crossings(scaling, place) {
    /** @type {Rational[]} */
    const found = [];
    for (const regime of this.regimes) {
      for (const row of regime.equalities) {
        if (!row[place]) continue;
        const rest = row.map((e, k) => (k === place ? 0n : e));
        const value = over(height(scaling, rest), fraction(-row[place]));
        if (found.some((known) => compare(known, value) === 0)) continue;
        const at = scaling.with(place, value);
        if (this.allowed(at) && (this.locate(at)?.dimension ?? 0) > 0) found.push(value);
      }
    }
    return found.sort(compare);
  }

  /** Scalings of a plane in which two boundaries meet. */
  meetings(/** @type {Rational[]} */ scaling, /** @type {number} */ i, /** @type {number} */ j) {
    const found = [];
    for (const { equalities } of this.regimes) {
      for (const [a, b] of pairs(equalities)) {
        const det = a[i] * b[j] - a[j] * b[i];
        if (!det) continue;
        const rest = [a, b].map((row) => height(scaling, row.with(i, 0n).with(j, 0n)));
        const solved = [
          [times(fraction(-b[j]), rest[0]), times(fraction(a[j]), rest[1])],
          [times(fraction(b[i]), rest[0]), times(fraction(-a[i]), rest[1])],
        ].map(([x, y]) => over(plus(x, y), fraction(det)));
        const at = scaling.with(i, solved[0]).with(j, solved[1]);
        if (this.allowed(at) && (this.locate(at)?.dimension ?? 0) > 1) found.push(at);
      }
    }
    return found;
  }

  /** Whether all sizes grow. @param {Rational[]} scaling */
  allowed(scaling) {
    return scaling.every((x, k) => !this.data.sizes[k] || x.n > 0n);
  }

  /**
   * The regime of actual sizes, judged by the exact coefficients: the one of least dimension
   * that holds enough of every order, else the one with the largest share, with a warning.
   * @param {Rational[]} values positive
   */
  judge(values) {
    const logs = values.map(decimalLog);
    const parts = new Map(this.data.compared.map((s) => [s, shares(this.orders[s], logs)]));
    const least = this.regimes.map((regime) => {
      const seen = this.data.compared.filter((s) => this.orders[s].terms.length);
      const held = seen.map((s) => total(this.orders[s].faces[regime.index], parts.get(s)));
      return held.length ? Math.min(...held) : 0;
    });
    const better = (/** @type {Regime} */ a, /** @type {Regime} */ b) =>
      a.dimension - b.dimension || least[b.index] - least[a.index];
    const good = this.regimes.filter((regime) => least[regime.index] >= this.data.enough);
    const percent = `${Math.round(100 * this.data.enough)} %`;
    if (good.length) {
      const [regime] = [...good].sort(better);
      const alike = good.filter((r) => r !== regime && r.dimension === regime.dimension);
      const names = alike.map((r) => r.name).join(", ");
      const warning = names
        ? `Sizes too small to tell ${regime.name} from ${names}: each makes up ${percent}.`
        : "";
      return { regime, least, parts, warning };
    }
    const best = Math.max(...least) - this.data.near;
    const [regime] = this.regimes.filter((r) => least[r.index] >= best).sort(better);
    const warning =
      `Sizes too small: the terms of no regime make up ${percent} of every coefficient;` +
      ` ${regime.name} comes nearest.`;
    return { regime, least, parts, warning };
  }
}

/** Places of the largest integers. @param {bigint[]} heights */
function largest(heights) {
  const top = heights.reduce((a, b) => (b > a ? b : a));
  return new Set(heights.flatMap((height, k) => (height === top ? [k] : [])));
}

/** Places of the largest rationals. @param {Rational[]} heights */
function largestRational(heights) {
  const top = heights.reduce((a, b) => (a && compare(a, b) >= 0 ? a : b), null);
  return new Set(heights.flatMap((height, k) => (compare(height, top) === 0 ? [k] : [])));
}

/** @param {Rational[]} exponents @param {bigint[]} weights */
const height = (exponents, weights) =>
  exponents.reduce((sum, x, k) => plus(sum, fraction(x.n * weights[k], x.d)), fraction(0n));

/** @template T @param {T[]} list @returns {[T, T][]} */
const pairs = (list) => list.flatMap((a, k) => list.slice(k + 1).map((b) => [a, b]));

/** The part of every term in the sum of absolute values. */
function shares(/** @type {Order} */ order, /** @type {number[]} */ logs) {
  const sizes = order.terms.map(({ coefficient: c, exponents }) =>
    exponents.reduce(
      (sum, e, k) => sum + number(e) * logs[k],
      decimalLog(c.n < 0n ? fraction(-c.n, c.d) : c),
    ),
  );
  const top = Math.max(...sizes);
  const values = sizes.map((size) => 10 ** (size - top));
  const sum = values.reduce((a, b) => a + b, 0);
  return values.map((value) => value / sum);
}

/** @param {number[]} places @param {number[]} values */
const total = (places, values) => places.reduce((sum, k) => sum + values[k], 0);
