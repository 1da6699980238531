// Command apk is the stand-in of package apktest, for trees and hosts of tests.
package main

import (
	"os"

	"converge/internal/providers/apk/apktest"
)

func main() { os.Exit(apktest.Main(os.Args, os.Stdout, os.Stderr)) }
