// Products of small matrices in Double, for losses of a monitor's columns. The order of additions is fixed by the code: four or
// two running sums, lane by the column's number, so that the bits depend neither on the processor nor on the compiler's vectors.

/// C = A Bᵀ for A (n, k), B (m, k), row after row: every entry a sum over contiguous columns.
///
/// Blocks of four rows by two share what is loaded; pairs of columns are two running sums.
///
/// - Parameter isSymmetric: whether A and B are the same, so that entries below the diagonal are copied.
package func multiplyTransposed(
  _ a: UnsafePointer<Double>, _ n: Int, _ b: UnsafePointer<Double>, _ m: Int, _ k: Int,
  into c: UnsafeMutablePointer<Double>, isSymmetric: Bool = false
) {
  let pairs = k / 2
  for i in stride(from: 0, to: n, by: 4) {
    // A block that the matrix does not fill has its last row more than once.
    let rows = (a + i * k, a + min(i + 1, n - 1) * k, a + min(i + 2, n - 1) * k, a + min(i + 3, n - 1) * k)
    for j in stride(from: isSymmetric ? i / 2 * 2 : 0, to: m, by: 2) {
      let (u, v) = (b + j * k, b + min(j + 1, m - 1) * k)
      var (p0, p1, p2, p3) = (SIMD2<Double>(), SIMD2<Double>(), SIMD2<Double>(), SIMD2<Double>())
      var (q0, q1, q2, q3) = (SIMD2<Double>(), SIMD2<Double>(), SIMD2<Double>(), SIMD2<Double>())
      for t in 0..<pairs {
        let (x, y) = (SIMD2(u[2 * t], u[2 * t + 1]), SIMD2(v[2 * t], v[2 * t + 1]))
        let r0 = SIMD2(rows.0[2 * t], rows.0[2 * t + 1])
        let r1 = SIMD2(rows.1[2 * t], rows.1[2 * t + 1])
        let r2 = SIMD2(rows.2[2 * t], rows.2[2 * t + 1])
        let r3 = SIMD2(rows.3[2 * t], rows.3[2 * t + 1])
        p0 += r0 * x
        p1 += r1 * x
        p2 += r2 * x
        p3 += r3 * x
        q0 += r0 * y
        q1 += r1 * y
        q2 += r2 * y
        q3 += r3 * y
      }
      if k % 2 == 1 {
        let (x, y) = (u[k - 1], v[k - 1])
        p0.x += rows.0[k - 1] * x
        p1.x += rows.1[k - 1] * x
        p2.x += rows.2[k - 1] * x
        p3.x += rows.3[k - 1] * x
        q0.x += rows.0[k - 1] * y
        q1.x += rows.1[k - 1] * y
        q2.x += rows.2[k - 1] * y
        q3.x += rows.3[k - 1] * y
      }
      func put(_ row: Int, _ p: SIMD2<Double>, _ q: SIMD2<Double>) {
        guard i + row < n else { return }
        c[(i + row) * m + j] = p.x + p.y
        if j + 1 < m { c[(i + row) * m + j + 1] = q.x + q.y }
      }
      put(0, p0, q0)
      put(1, p1, q1)
      put(2, p2, q2)
      put(3, p3, q3)
    }
  }
  if isSymmetric { for i in 0..<n { for j in 0..<i { c[i * m + j] = c[j * m + i] } } }
}

/// Y += M X for M (n, p), X (p, k): rows of X are added to rows of Y, four to two at a time; strips of columns, so that a strip of X
/// stays in the cache.
package func addProduct(
  _ m: UnsafePointer<Double>, _ n: Int, _ p: Int, _ x: UnsafePointer<Double>, _ k: Int,
  into y: UnsafeMutablePointer<Double>
) {
  let strip = max(64, min(k, 1 << 15 / max(p, 1)))
  for first in stride(from: 0, to: k, by: strip) {
    let count = min(strip, k - first)
    var i = 0
    while i < n {
      // The last of an odd number of rows is by itself.
      let isPair = i + 1 < n
      let (a, b) = (m + i * p, m + (isPair ? i + 1 : i) * p)
      let (u, v) = (y + i * k + first, y + (isPair ? i + 1 : i) * k + first)
      var j = 0
      while j + 4 <= p {
        let source = x + j * k + first
        let (a0, a1, a2, a3) = (a[j], a[j + 1], a[j + 2], a[j + 3])
        if isPair {
          let (b0, b1, b2, b3) = (b[j], b[j + 1], b[j + 2], b[j + 3])
          var t = 0
          while t + 2 <= count {
            let s0 = SIMD2(source[t], source[t + 1])
            let s1 = SIMD2(source[k + t], source[k + t + 1])
            let s2 = SIMD2(source[2 * k + t], source[2 * k + t + 1])
            let s3 = SIMD2(source[3 * k + t], source[3 * k + t + 1])
            let (r, s) = ((a0 * s0 + a1 * s1) + (a2 * s2 + a3 * s3), (b0 * s0 + b1 * s1) + (b2 * s2 + b3 * s3))
            u[t] += r.x
            u[t + 1] += r.y
            v[t] += s.x
            v[t + 1] += s.y
            t += 2
          }
          if t < count {
            let (s0, s1, s2, s3) = (source[t], source[k + t], source[2 * k + t], source[3 * k + t])
            u[t] += (a0 * s0 + a1 * s1) + (a2 * s2 + a3 * s3)
            v[t] += (b0 * s0 + b1 * s1) + (b2 * s2 + b3 * s3)
          }
        } else {
          for t in 0..<count {
            u[t] += (a0 * source[t] + a1 * source[k + t]) + (a2 * source[2 * k + t] + a3 * source[3 * k + t])
          }
        }
        j += 4
      }
      while j < p {
        let source = x + j * k + first
        for t in 0..<count { u[t] += a[j] * source[t] }
        if isPair { for t in 0..<count { v[t] += b[j] * source[t] } }
        j += 1
      }
      i += 2
    }
  }
}

/// Σ x·y over contiguous numbers, in four running sums.
package func dotProduct(_ x: UnsafePointer<Double>, _ y: UnsafePointer<Double>, _ count: Int) -> Double {
  var lanes = SIMD4<Double>()
  var n = 0
  while n + 4 <= count {
    lanes += SIMD4(x[n], x[n + 1], x[n + 2], x[n + 3]) * SIMD4(y[n], y[n + 1], y[n + 2], y[n + 3])
    n += 4
  }
  while n < count {
    lanes[n & 3] += x[n] * y[n]
    n += 1
  }
  return (lanes.x + lanes.y) + (lanes.z + lanes.w)
}

/// Σ x over contiguous numbers, in four running sums.
package func sumOf(_ x: UnsafePointer<Double>, _ count: Int) -> Double {
  var lanes = SIMD4<Double>()
  var n = 0
  while n + 4 <= count {
    lanes += SIMD4(x[n], x[n + 1], x[n + 2], x[n + 3])
    n += 4
  }
  while n < count {
    lanes[n & 3] += x[n]
    n += 1
  }
  return (lanes.x + lanes.y) + (lanes.z + lanes.w)
}
