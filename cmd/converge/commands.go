package main

import (
	"github.com/spf13/cobra"

	"converge/internal/app/environ"
)

// command is one command of the program. It is made on demand.
type command struct {
	name string
	make func(*environ.Env) *cobra.Command
}

// allCommands returns all commands except help.
func allCommands() []command {
	return []command{
		{"plan", newPlanCommand},
		{"apply", newApplyCommand},
		{"check", newCheckCommand},
		{"status", newStatusCommand},
		{"owed", newOwedCommand},
		{"history", newHistoryCommand},
		{"forget", newForgetCommand},
		{"show", newShowCommand},
		{"report", newReportCommand},
		{"rollback", newRollbackCommand},
		{"validate", newValidateCommand},
		{"test", newTestCommand},
		{"fmt", newFmtCommand},
		{"graph", newGraphCommand},
		{"facts", newFactsCommand},
		{"data", newDataCommand},
		{"explain", newExplainCommand},
		{"schema", newSchemaCommand},
		{"wanted", newWantedCommand},
		{"stow", newStowCommand},
		{"pack", newPackCommand},
		{"repo", newRepoCommand},
		{"version", newVersionCommand},
		{"completion", newCompletionCommand},
		{"__complete-bash", newBashCommand},
		{"output", newOutputCommand},
		{"eval", newEvalCommand},
		{"console", newConsoleCommand},
		{"lsp", newLSPCommand},
	}
}
