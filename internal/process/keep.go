package process

import "bytes"

// keeper keeps the beginning or the end of its input.
type keeper struct {
	max  int
	head bool
	kept []byte
	cut  bool
}

func (c *Command) newKeeper() *keeper {
	k := &keeper{max: c.Output, head: c.Head}
	if k.max == 0 {
		k.max = DefaultOutput
	}
	return k
}

func (k *keeper) Write(p []byte) (int, error) {
	n := len(p)
	if k.head {
		if room := k.max - len(k.kept); len(p) > room {
			p, k.cut = p[:room], true
		}
		k.kept = append(k.kept, p...)
		return n, nil
	}
	k.kept = append(k.kept, p...)
	if len(k.kept) > 2*k.max { // twice, so that little is copied
		k.kept, k.cut = append(k.kept[:0], k.kept[len(k.kept)-k.max:]...), true
	}
	return n, nil
}

// String returns the kept part, in whole lines if some was dropped.
func (k *keeper) String() string {
	kept, cut := k.kept, k.cut
	if over := len(kept) - k.max; over > 0 {
		kept, cut = kept[over:], true
	}
	switch {
	case !cut:
		return string(kept)
	case k.head:
		return string(kept) + "\n[…]\n"
	}
	if i := bytes.IndexByte(kept, '\n'); i >= 0 {
		kept = kept[i+1:]
	}
	return "[…]\n" + string(kept)
}
