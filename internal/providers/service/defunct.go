package service

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"

	"github.com/zclconf/go-cty/cty"
)

// explainDefunct explains why no action of that verb can succeed on a unit that
// does exist; "" if one may. A unit may outlive the program that it starts, where
// another package ships it.
func (p *Provider) explainDefunct(ctx context.Context, want cty.Value, verb string) string {
	w, err := read(want)
	if err != nil {
		return ""
	}
	b, err := p.backend()
	if err != nil {
		return ""
	}
	s, ok := b.(*systemd)
	if !ok || verb == "stop" || verb == "restart" && len(w.restartCommand) > 0 {
		return ""
	}
	c, err := s.connect(ctx)
	if err != nil {
		return ""
	}
	props, err := c.unitProps(ctx, w.unit)
	if err != nil || verb == "reload" && isUp(props) { // what runs may hear it
		return ""
	}
	if program := missingProgram(props, there); program != "" {
		return "its program " + program + " is not there any more, and it is not declared either"
	}
	return ""
}

// missingProgram is a program that a unit cannot start without and that is not
// there.
func missingProgram(p props, there func(path string) bool) string {
	if p.str("LoadState") != "loaded" || p.str("RootDirectory") != "" || p.str("RootImage") != "" {
		return "" // its programs are not where this looks
	}
	commands, _ := p["ExecStart"].Value().([][]any) // a(sasbttttuii): the path, its arguments, whether it may fail
	for _, c := range commands {
		if len(c) < 3 {
			continue
		}
		program, _ := c[0].(string)
		mayFail, _ := c[2].(bool)
		if !mayFail && path.IsAbs(program) && !there(program) {
			return program
		}
	}
	return ""
}

func there(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
