package graph

// heap returns its smallest number first. container/heap would box every number and call through an interface: twice
// the time of an order.
type heap []int32

func (h *heap) push(x int32) {
	s := append(*h, x)
	i := len(s) - 1
	for i > 0 {
		up := (i - 1) / 2
		if s[up] <= x {
			break
		}
		s[i] = s[up]
		i = up
	}
	s[i] = x
	*h = s
}

func (h *heap) pop() int32 {
	s := *h
	top, last := s[0], s[len(s)-1]
	s = s[:len(s)-1]
	*h = s
	if len(s) == 0 {
		return top
	}
	i := 0
	for {
		down := 2*i + 1
		if down >= len(s) {
			break
		}
		if down+1 < len(s) && s[down+1] < s[down] {
			down++
		}
		if last <= s[down] {
			break
		}
		s[i] = s[down]
		i = down
	}
	s[i] = last
	return top
}
