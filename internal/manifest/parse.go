package manifest

import (
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/json"
)

// part is what one chunk of a manifest declares, in its order.
type part struct {
	items  []item
	values []*node // variables, locals and outputs
	diags  hcl.Diagnostics

	settings *settingsBlock
}

// item is what makes resources: a resource block or the call of a module.
type item struct {
	block *block
	call  *call
}

// parse turns sources into parts. Chunks go to all processors; each one's
// syntax tree is dropped as soon as its blocks are taken out of it, so that the
// trees of a large manifest are never in memory together.
func (m *module) parse(srcs []source) []*part {
	var chunks []chunk
	var broken []*part
	for _, s := range srcs {
		cs, diags := split(s, chunkSize)
		if diags.HasErrors() {
			broken = append(broken, &part{diags: diags})
			continue
		}
		chunks = append(chunks, cs...)
	}
	parts := make([]*part, len(chunks))
	schema := m.l.rootSchema()
	parallel(len(chunks), func(i int) {
		p := &part{}
		if m.l.ctx.Err() == nil {
			p.diags = guarded(func() hcl.Diagnostics { return m.parseChunk(chunks[i], schema, p) })
		}
		parts[i] = p
	})
	return append(broken, m.whole(chunks, parts, schema)...)
}

// whole parses a source again in one piece if a chunk failed, so that the
// diagnostics do not depend on the cuts.
func (m *module) whole(chunks []chunk, parts []*part, schema *hcl.BodySchema) []*part {
	var out []*part
	for i := 0; i < len(chunks); {
		end, bad := i, false
		for ; end < len(chunks) && chunks[end].src.name == chunks[i].src.name; end++ {
			bad = bad || parts[end].diags.HasErrors()
		}
		if bad && end-i > 1 {
			src := chunks[i].src
			p := &part{}
			p.diags = guarded(func() hcl.Diagnostics {
				return m.parseChunk(chunk{src: src, data: src.data, start: hcl.InitialPos}, schema, p)
			})
			out = append(out, p)
		} else {
			out = append(out, parts[i:end]...)
		}
		i = end
	}
	return out
}

func (m *module) parseChunk(c chunk, schema *hcl.BodySchema, p *part) hcl.Diagnostics {
	var file *hcl.File
	var diags hcl.Diagnostics
	if c.src.json {
		file, diags = json.Parse(c.data, c.src.name)
	} else {
		file, diags = hclsyntax.ParseConfig(c.data, c.src.name, c.start)
	}
	if diags.HasErrors() {
		return diags
	}
	return append(diags, m.decode(file.Body, schema, p)...)
}

// parallel calls f for 0 … n-1 from as many goroutines as there are processors.
func parallel(n int, f func(i int)) {
	workers := min(n, runtime.GOMAXPROCS(0))
	if workers <= 1 {
		for i := range n {
			f(i)
		}
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	wg.Wait()
}
