package command

import "io"

// maxOutput is how much of a command's output is kept: its end, where the
// reason of a failure stands.
const maxOutput = 64 << 10

// readTail reads r to its end, or to its deadline, and returns the last
// maxOutput bytes, from a whole line on.
func readTail(r io.Reader) string {
	var kept []byte
	cut := false
	chunk := make([]byte, 8<<10)
	for {
		n, err := r.Read(chunk)
		kept = append(kept, chunk[:n]...)
		if over := len(kept) - 2*maxOutput; over > 0 { // twice, so that little is moved
			kept, cut = append(kept[:0], kept[len(kept)-maxOutput:]...), true
		}
		if err != nil {
			break
		}
	}
	if over := len(kept) - maxOutput; over > 0 {
		kept, cut = kept[over:], true
	}
	if !cut {
		return string(kept)
	}
	for i, c := range kept {
		if c == '\n' {
			kept = kept[i+1:]
			break
		}
	}
	return "[…]\n" + string(kept)
}
