package service

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
)

// explainDefunct explains why no action of that verb can succeed on an existing unit; "" if one may. A unit may
// outlive the program that it starts, if another package ships that.
func (s *systemd) explainDefunct(ctx context.Context, w wanted, verb string) string {
	if verb == "stop" || verb == "restart" && len(w.restartCommand) > 0 {
		return ""
	}
	b, err := s.client.connect(ctx)
	if err != nil {
		return ""
	}
	props, err := b.readUnitProps(ctx, w.unit)
	if err != nil || verb == "reload" && isUp(props) { // a running process may handle the reload
		return ""
	}
	if program := findMissingProgram(props, fileExists); program != "" {
		return "its program " + program + " is not there any more, and it is not declared either"
	}
	return ""
}

// findMissingProgram returns a missing program without which a unit cannot start, or "".
func findMissingProgram(p props, there func(path string) bool) string {
	if p.str("LoadState") != "loaded" || p.str("RootDirectory") != "" || p.str("RootImage") != "" {
		return "" // its programs are elsewhere
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

func fileExists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
