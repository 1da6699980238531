package perlre

// widest is how far back Perl looks.
const widest = 255

// width is the least and the greatest number of bytes that n matches;
// unlimited, or anything above widest, is too much to look back.
func (n *node) width() (lo, hi int) {
	switch n.op {
	case opSet:
		return 1, 1
	case opBack:
		return 0, unlimited
	case opCat:
		for _, s := range n.subs {
			l, h := s.width()
			lo, hi = min(lo+l, widest+1), plus(hi, h)
		}
		return lo, hi
	case opAlt, opCond:
		lo, hi = n.subs[0].width()
		for _, s := range n.subs[1:] {
			l, h := s.width()
			lo, hi = min(lo, l), wider(hi, h)
		}
		return lo, hi
	case opGroup, opAtomic:
		return n.subs[0].width()
	case opRepeat:
		l, h := n.subs[0].width()
		return min(l*n.min, widest+1), times(h, n.max)
	}
	return 0, 0 // an assertion
}

func plus(a, b int) int {
	if a == unlimited || b == unlimited || a+b > widest {
		return unlimited
	}
	return a + b
}

func wider(a, b int) int {
	if a == unlimited || b == unlimited {
		return unlimited
	}
	return max(a, b)
}

func times(a, n int) int {
	switch {
	case a == unlimited: // even no times, to Perl
		return unlimited
	case a == 0 || n == 0:
		return 0
	case n == unlimited || a*n > widest:
		return unlimited
	}
	return a * n
}
