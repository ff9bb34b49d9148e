/**
 * Exact rational numbers, in lowest terms with a positive denominator.
 * @typedef {{n: bigint, d: bigint}} Rational
 */

const RATIONAL = /^[+-]?(\d{1,60}(\/\d{1,60}|\.\d{0,60})?|\.\d{1,60})$/;

/** @param {bigint} n @param {bigint} d not zero @returns {Rational} */
function fraction(n, d = 1n) {
  let [a, b] = [n < 0n ? -n : n, d < 0n ? -d : d];
  while (b) [a, b] = [b, a % b];
  const common = d < 0n ? -a : a;
  return a ? { n: n / common, d: d / common } : { n: 0n, d: 1n };
}

/**
 * An integer, a fraction or a decimal as an exact number; null for anything else.
 * @param {string} text @returns {Rational | null}
 */
function rational(text) {
  const plain = text.trim().replace("\u2212", "-");
  if (!RATIONAL.test(plain)) return null;
  const [over, under] = plain.split("/");
  if (under !== undefined) return BigInt(under) ? fraction(BigInt(over), BigInt(under)) : null;
  const [whole, digits = ""] = plain.split(".");
  return fraction(BigInt(whole.replace("+", "") + digits), 10n ** BigInt(digits.length));
}

/** @param {Rational} a @param {Rational} b @returns {number} negative, zero or positive */
const compare = (a, b) => Number(signOf(a.n * b.d - b.n * a.d));

/** @param {bigint} x */
const signOf = (x) => (x > 0n ? 1n : x < 0n ? -1n : 0n);

/** @param {Rational} a @param {Rational} b */
const plus = (a, b) => fraction(a.n * b.d + b.n * a.d, a.d * b.d);

/** @param {Rational} a @param {Rational} b */
const times = (a, b) => fraction(a.n * b.n, a.d * b.d);

/** @param {Rational} a @param {Rational} b not zero */
const over = (a, b) => fraction(a.n * b.d, a.d * b.n);

/** A binary number near by, for drawing. @param {Rational} a */
function number(a) {
  const scale = 10n ** 15n;
  return Number((a.n * scale) / a.d) / 1e15;
}

/** The nearest multiple of 1/steps. @param {number} x @param {number} steps */
const rounded = (x, steps) => fraction(BigInt(Math.round(x * steps)), BigInt(steps));

/** @param {Rational} a @returns {string} such as "-3/4" */
const exactText = (a) => (a.d === 1n ? `${a.n}` : `${a.n}/${a.d}`);

/** The exact text where it is short, else a decimal. @param {Rational} a */
function shortText(a) {
  const exact = exactText(a);
  return exact.length <= 9 ? exact : `\u2248 ${Number(number(a).toFixed(5))}`;
}

/** The logarithm to base ten of a positive number. @param {Rational} a */
const decimalLog = (a) => integerLog(a.n) - integerLog(a.d);

/** @param {bigint} n positive */
function integerLog(n) {
  const digits = n.toString();
  return Math.log10(Number(digits.slice(0, 15))) + Math.max(0, digits.length - 15);
}

/** A vector times the positive number that makes it whole. @param {Rational[]} vector */
function whole(vector) {
  const scale = vector.reduce((found, x) => found * x.d, 1n);
  return vector.map((x) => (x.n * scale) / x.d);
}

/** @param {bigint[]} a @param {bigint[]} b */
const dot = (a, b) => a.reduce((sum, x, k) => sum + x * b[k], 0n);
