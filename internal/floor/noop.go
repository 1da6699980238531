package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// declared is a file as a manifest declares it.
type declared struct{ path, content string }

func noop(root, manifest string) error {
	bodies, err := parse(manifest)
	if err != nil {
		return err
	}
	var want []declared
	for _, b := range bodies {
		for _, block := range b.Blocks {
			if want, err = evaluate(want, block); err != nil {
				return err
			}
		}
	}
	started := time.Now()
	defer func() { fmt.Println(time.Since(started).Nanoseconds()) }()
	var wrong atomic.Int64
	sideBySide(len(want), 32, func(i int) {
		if !same(root+want[i].path, want[i].content) {
			wrong.Add(1)
		}
	})
	if n := wrong.Load(); n > 0 {
		return fmt.Errorf("cannot find %d of %d files as they are declared", n, len(want))
	}
	return nil
}

func same(path, content string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	var buf [4096]byte
	n, err := io.ReadFull(f, buf[:min(len(buf), len(content)+1)])
	return (err == nil || errors.Is(err, io.ErrUnexpectedEOF)) && bytes.Equal(buf[:n], []byte(content))
}

// evaluate adds the files of a block.
func evaluate(out []declared, block *hclsyntax.Block) ([]declared, error) {
	if block.Type != "file" {
		return out, nil
	}
	ctx := &hcl.EvalContext{Functions: map[string]function.Function{
		"setproduct": stdlib.SetProductFunc,
	}}
	each := block.Body.Attributes["for_each"]
	if each == nil {
		return file(out, block, ctx)
	}
	elements, diags := each.Expr.Value(ctx)
	if diags.HasErrors() {
		return nil, diags
	}
	for it := elements.ElementIterator(); it.Next(); {
		k, v := it.Element()
		child := ctx.NewChild()
		child.Variables = map[string]cty.Value{"each": cty.ObjectVal(map[string]cty.Value{"key": k, "value": v})}
		var err error
		if out, err = file(out, block, child); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func file(out []declared, block *hclsyntax.Block, ctx *hcl.EvalContext) ([]declared, error) {
	var d declared
	for name, to := range map[string]*string{"path": &d.path, "content": &d.content} {
		a := block.Body.Attributes[name]
		if a == nil {
			return nil, fmt.Errorf("cannot find %s at %s", name, block.DefRange())
		}
		v, diags := a.Expr.Value(ctx)
		if diags.HasErrors() {
			return nil, diags
		}
		*to = v.AsString()
	}
	return append(out, d), nil
}
