package files

import (
	"context"
	"errors"

	"converge/internal/fsys"
	"converge/internal/resource"
)

// errRefused is wrapped by the error of a check that has judged a content.
var errRefused = errors.New("does not accept the new content")

// foreseeVerify runs the check of a file on the content that it will have. A
// check that refuses the content foretells a failure, and so does one whose
// program is not there; what else keeps it from being made may be otherwise when
// the file's turn comes.
func (p *Provider) foreseeVerify(ctx context.Context, c *fileChange) error {
	content := c.Want.Content
	if content == nil || !c.Want.Verify.Set || !c.Differs("content") || content.Size < 0 {
		return nil
	}
	err := p.verifyInMemory(ctx, c, content)
	if errors.Is(err, resource.ErrMissing) {
		return err
	}
	if !errors.Is(err, errRefused) {
		return nil
	}
	// The result may depend on the path or the name of the file, so a refused
	// candidate is checked again beside the file. An accepted one needs no second
	// check.
	if err = p.verifyBeside(ctx, c, content); errors.Is(err, errRefused) {
		return err
	}
	return nil
}

func (p *Provider) verifyInMemory(ctx context.Context, c *fileChange, content *resource.Blob) error {
	r, err := content.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	m, err := fsys.NewInMemory(r)
	if err != nil {
		return err
	}
	defer m.Close()
	return p.verify(ctx, c, c.Want.Path.Bytes(), m.Path)
}

func (p *Provider) verifyBeside(ctx context.Context, c *fileChange, content *resource.Blob) error {
	b := &batch{p: p, going: map[string]bool{}}
	b.begin()
	defer b.txn.Abort()
	s := change{batch: b, ctx: ctx, c: c}
	t, err := p.look(&c.Want, b.txn.Look)
	if err != nil {
		return err
	}
	if t.gone {
		t.info = fsys.Info{}
	}
	perm, err := s.filePerm(t)
	if err != nil {
		return err
	}
	step, err := s.stageContent(t, perm, content, nil)
	if err != nil {
		return err
	}
	return p.verify(ctx, c, t.path, b.txn.Candidate(step))
}
