// Package testhost gives Go tests a disposable Debian machine: real systemd as
// PID 1, real apt with a signed repository of small packages, a disk that is
// thrown away, all in plain namespaces of the machine that runs the tests. A
// host boots in about half a second and is reset in as much.
//
// Start with [Start], which boots a host for one test, and [Host.MustExec]:
//
//	h := testhost.Start(t, testhost.Options{Repo: true})
//	h.MustExec(t, "apt-get", "update")
//	h.MustExec(t, "apt-get", "install", "-y", "svc-a=1.0")
//
// A test that has to run on the host itself, not beside it, calls [OnHost];
// [Host.Program] builds a program under test and makes it visible inside. The
// top of script/mkdebrepo lists the content of the repository.
//
// Tests skip with a reason where no host can run (not Linux, not root, not
// Debian, a tool missing, no right to make namespaces). With
// CONVERGE_REQUIRE_HOST=1 that skip is a failure.
//
// Images and the repository are built once per machine, under a lock, into
// $TESTHOST_DIR (default: testhost in the folder for temporary files); that
// needs the Debian mirror of the machine and some minutes. To have it done
// beforehand: go run ./internal/testhost/prepare
//
// script/testhost does the work and is also usable by hand. This package is not
// for production code, and it is no sandbox: a host is root on the machine's
// kernel and protects against accidents only.
package testhost
