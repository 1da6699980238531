package manifest

import (
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/source"
	"converge/internal/manifest/syntax"
)

// part holds the declarations of one chunk of a manifest, in order.
type part struct {
	items  []item
	values []*node // variables, locals and outputs
	diags  hcl.Diagnostics

	settings *settingsBlock
	forget   []Forgotten
}

// item makes resources: a resource block or the call of a module.
type item struct {
	block *block
	call  *call
}

// decoder decodes what the files of a module declare.
type decoder struct {
	mod *module

	// room holds the parts of the block that is being decoded. Most blocks are constant and keep none, so one room is
	// reused; each chunk has its own.
	room *unevaluated
}

// parseAll turns sources into parts. All processors parse chunks. Each drops a chunk's syntax tree after decoding its
// blocks, so that the trees of a large manifest are never all in memory.
func (dec decoder) parseAll(docs []source.Document) []*part {
	var chunks []syntax.Chunk
	var broken []*part
	for _, d := range docs {
		cs, diags := syntax.Split(d, syntax.ChunkSize)
		if diags.HasErrors() {
			broken = append(broken, &part{diags: diags})
			continue
		}
		chunks = append(chunks, cs...)
	}
	parts := make([]*part, len(chunks))
	schema := dec.mod.l.rootSchema()
	runParallel(len(chunks), func(i int) {
		if dec.mod.l.ctx.Err() != nil {
			parts[i] = &part{}
			return
		}
		parts[i] = dec.parseChunk(chunks[i], schema)
	})
	return append(broken, dec.parseWhole(chunks, parts, schema)...)
}

// parseWhole parses a document again as a whole if a chunk failed, so that the diagnostics do not depend on the cuts.
func (dec decoder) parseWhole(chunks []syntax.Chunk, parts []*part, schema *syntax.Schema) []*part {
	var out []*part
	for i := 0; i < len(chunks); {
		end, bad := i, false
		for ; end < len(chunks) && chunks[end].Doc.Name == chunks[i].Doc.Name; end++ {
			bad = bad || parts[end].diags.HasErrors()
		}
		if bad && end-i > 1 {
			out = append(out, dec.parseChunk(syntax.Whole(chunks[i].Doc), schema))
		} else {
			out = append(out, parts[i:end]...)
		}
		i = end
	}
	return out
}

// parseChunk parses a chunk and decodes what it declares.
func (dec decoder) parseChunk(c syntax.Chunk, schema *syntax.Schema) *part {
	p := &part{}
	dec.room = &unevaluated{}
	p.diags = diag.Guard(func() hcl.Diagnostics {
		file, diags := syntax.Parse(c)
		if diags.HasErrors() {
			return diags
		}
		return append(diags, dec.decodeBody(file.Body, schema, p)...)
	})
	return p
}

// runParallel calls f for 0 … n-1 from as many goroutines as there are processors.
func runParallel(n int, f func(i int)) {
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
