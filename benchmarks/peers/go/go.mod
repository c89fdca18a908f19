module edo/benchmarks/peers/go

go 1.19
