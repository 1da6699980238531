// Package service starts, stops, enables and masks units of the init system.
//
// Start with [New]. A backend observes and acts: systemd over D-Bus on a machine
// that systemd runs (systemd.go), or the unit files of a tree that nothing runs
// (tree.go), which is what an image build has. OpenRC and sysv would be two more.
//
// How the systemd backend stays fast and honest:
//
//   - One connection, made at the first question; one listing of units serves
//     a whole round of observations. Files are read unit by unit, because
//     systemd takes 0.6 s to list them all and under 1 ms for one.
//   - Pure functions decide, from systemd's answers alone (judge, chooseOperation,
//     isOvertaken), and the tests drive them by tables.
//   - No wait for a job is without a limit, and none is for a job that itself
//     waits for the unit of this process, such as cloud-init's last stage. That
//     is checked again and again (startup.go, blocked.go).
//   - A start counts when the main process still exists a moment later, and is
//     judged again at the end of the run (judgestart.go).
//   - Changes of other providers are followed (follow.go), so that systemd has
//     read them before it matters (reload.go, scan.go, generators.go).
//
// It does not write unit files; those are files.
package service
