module edo_go_peer

go 1.19
