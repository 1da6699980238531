package fsys

import (
	"bytes"
	"os"
)

// SparseWriter writes a file without its zeros, as cp(1) does: sparse content takes no more space than before.
// [SparseWriter.End] sets the size.
type SparseWriter struct {
	File *os.File
	at   int64
}

// sparseBlock is the size of a block that is left out if it is all zeros.
const sparseBlock = 4 << 10

func (w *SparseWriter) Write(p []byte) (int, error) {
	written := 0
	for written < len(p) {
		b := p[written:]
		n := countZeros(b)
		if n == 0 {
			n = countData(b)
			if m, err := w.File.WriteAt(b[:n], w.at); err != nil {
				return written + m, err
			}
		}
		w.at += int64(n)
		written += n
	}
	return written, nil
}

// End sets the file's size: zeros at its end were not written either.
func (w *SparseWriter) End() error { return w.File.Truncate(w.at) }

// countZeros returns how many bytes of whole zero blocks b begins with.
func countZeros(b []byte) (n int) {
	var zero [sparseBlock]byte
	for len(b)-n >= sparseBlock && bytes.Equal(b[n:n+sparseBlock], zero[:]) {
		n += sparseBlock
	}
	return n
}

// countData returns how many bytes precede the next zero block in b.
func countData(b []byte) (n int) {
	var zero [sparseBlock]byte
	for n < len(b) && (len(b)-n < sparseBlock || !bytes.Equal(b[n:n+sparseBlock], zero[:])) {
		n = min(n+sparseBlock, len(b))
	}
	return n
}
