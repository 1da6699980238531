// apk is the stand-in of package apktest as a program, for trees and hosts of tests.
package main

import (
	"context"
	"fmt"
	"os"

	"converge/internal/providers/apk/apktest"
	"converge/internal/providers/packages/tool"
)

func main() {
	p := &apktest.Program{Root: "/"}
	r, err := p.Run(context.Background(), tool.Command{Argv: os.Args})
	fmt.Fprint(os.Stdout, r.Stdout)
	fmt.Fprint(os.Stderr, r.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(min(r.Status, 255))
}
