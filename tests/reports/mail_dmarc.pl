#!/usr/bin/perl
# mail_dmarc.pl MAIL: what Mail::DMARC reads in a mail with an aggregate report, as one JSON object on the last line.
use strict;
use warnings;
use JSON::PP;
use Mail::DMARC::Report::Receive;

{
    no warnings 'redefine';
    # It would go into a database.
    *Mail::DMARC::Report::save_aggregate = sub { return 1 };
}

my $receive = Mail::DMARC::Report::Receive->new;
my $kind    = $receive->from_file( $ARGV[0] );
my $report  = $receive->report->aggregate;
my @rows;
for my $record ( @{ $report->record } ) {
    my $row       = $record->row;
    my $evaluated = $row->policy_evaluated;
    push @rows, {
        source_ip     => $row->source_ip,
        count         => 0 + $row->count,
        disposition   => $evaluated->disposition,
        dkim          => $evaluated->dkim,
        spf           => $evaluated->spf,
        reasons       => [ map { $_->{type} } @{ $evaluated->reason || [] } ],
        header_from   => $record->identifiers->header_from,
        envelope_from => $record->identifiers->envelope_from,
        signatures    => [ map {"$_->{domain} $_->{selector} $_->{result}"} @{ $record->auth_results->dkim || [] } ],
        senders       => [ map {"$_->{domain} $_->{scope} $_->{result}"} @{ $record->auth_results->spf || [] } ],
    };
}
my $metadata = $report->metadata;
my $policy   = $report->policy_published;
print "\n", JSON::PP->new->canonical->encode( {
        kind      => $kind,
        report_id => $metadata->report_id,
        org_name  => $metadata->org_name,
        email     => $metadata->email,
        begin     => 0 + $metadata->begin,
        end       => 0 + $metadata->end,
        policy    => { map { $_ => $policy->$_ } qw(domain p sp adkim aspf pct) },
        rows      => \@rows,
    } ), "\n";
