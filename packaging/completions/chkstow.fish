# Completion of chkstow, which is stow2 by another name, for fish.
#
# The part between "options:" and "end" is written by `make docs` from the table
# that stow2 reads its command line by; the rest is written by hand.

complete -c chkstow -f
complete -c chkstow -s t -l target -x -a '(__fish_complete_directories (commandline -ct))' -d 'Look at DIR, the target'
# options: chkstow
complete -c chkstow -s b -l badlinks -d 'Print dangling links'
complete -c chkstow -s a -l aliens -d 'Print files and other things that are not links'
complete -c chkstow -s l -l list -d 'Print the names of the packages that links point to'
# end
