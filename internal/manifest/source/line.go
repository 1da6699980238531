package source

import (
	"bytes"

	"github.com/hashicorp/hcl/v2"
)

// FindLine returns the range from a column to the end of its line, both from 1
// on, in a file beside a manifest. The file's text becomes known to the
// diagnostics. ok is false if the file was not read, is not in memory, or has no
// such line.
func (f *Files) FindLine(path string, line, col int) (_ hcl.Range, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	b := f.read[path]
	if b == nil || line == 0 {
		return hcl.Range{}, false
	}
	data, ok := b.Bytes()
	if !ok {
		return hcl.Range{}, false
	}
	if f.manifests[path] == nil {
		f.manifests[path] = &hcl.File{Bytes: data}
	}
	at := 0
	for i := 1; i < line; i++ {
		n := bytes.IndexByte(data[at:], '\n')
		if n < 0 {
			return hcl.Range{}, false
		}
		at += n + 1
	}
	end := len(data)
	if n := bytes.IndexByte(data[at:], '\n'); n >= 0 {
		end = at + n
	}
	col = max(1, col)
	from := min(at+col-1, end)
	return hcl.Range{
		Filename: path,
		Start:    hcl.Pos{Line: line, Column: col, Byte: from},
		End:      hcl.Pos{Line: line, Column: col + end - from, Byte: end},
	}, true
}
