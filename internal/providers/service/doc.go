// Package service makes units of the init system run, stop, come up at boot
// or never start at all.
//
// Start with [New]. What is observed and done is the business of a backend:
// systemd over D-Bus on a machine that systemd runs (systemd.go), or the unit
// files of a tree that nothing runs (tree.go), which is what an image build
// has. OpenRC and sysv would be two more.
//
// How the systemd backend stays fast and honest:
//
//   - One connection, made at the first question; one listing of units serves
//     a whole round of observations. Files are asked for unit by unit, because
//     systemd takes 0.6 s to list them all and under 1 ms for one.
//   - What has to be decided is decided by pure functions over what systemd
//     said (judge, operation, overtaken), which the tests drive by tables.
//   - No job is waited for without a limit, and none at all that itself waits
//     for the unit in which this process runs, as cloud-init's last stage. That
//     is asked again and again (startup.go, blocked.go).
//   - A start is believed when the main process is still there a moment later,
//     and judged again at the end of the run (await.go).
//   - What others change is followed (follow.go), so that systemd has read it
//     before it matters (reload.go, scan.go, generators.go).
//
// It does not write unit files; those are files.
package service
