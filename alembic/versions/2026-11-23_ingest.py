"""ingest: wishes, moves, habits and reasons of feeds; WebSub; words of articles written when they are labelled"""

from alembic import op
import sqlalchemy as sa

revision = '2026_11_23_ingest'
down_revision = '2026_11_23_initial'
branch_labels = None
depends_on = None

def _columns() -> list[sa.Column]:
    return [
    sa.Column('wish_s', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('skip_hours', sa.ARRAY(sa.SmallInteger()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('skip_days', sa.ARRAY(sa.SmallInteger()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('full_at', sa.DateTime(timezone=True)),
    sa.Column('validators_lie', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('moved_to', sa.Text()),
    sa.Column('moved_since', sa.DateTime(timezone=True)),
    sa.Column('moved_times', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('new_at', sa.DateTime(timezone=True)),
    sa.Column('usual_s', sa.BigInteger()),
    sa.Column('quiet_at', sa.DateTime(timezone=True)),
    sa.Column('window_s', sa.BigInteger()),
    sa.Column('pace_reason', sa.Text()),
    sa.Column('replacement_url', sa.Text()),
    sa.Column('sought_at', sa.DateTime(timezone=True)),
    sa.Column('hub_url', sa.Text()),
    sa.Column('topic_url', sa.Text()),
    ]


def upgrade() -> None:
    for column in _columns():
        op.add_column('feeds', column)
    op.create_index('ix_feeds_hub_url', 'feeds', ['id'], unique=False, postgresql_where=sa.text('hub_url IS NOT NULL'))
    op.add_column('gaps', sa.Column('missed', sa.BigInteger(), server_default=sa.text('0'), nullable=False))
    # What was computed stays; from now on it is written when an article is labelled.
    op.execute('ALTER TABLE articles ALTER COLUMN search DROP EXPRESSION, ALTER COLUMN search DROP NOT NULL')
    # Rows up to a page stay in one piece: compressing each article costs more than it saves while it is news.
    op.execute('ALTER TABLE articles SET (toast_tuple_target = 8160)')
    # Claims and politeness change the same rows again and again: room on the page spares their indexes.
    op.execute('ALTER TABLE feeds SET (fillfactor = 70)')
    op.execute('ALTER TABLE hosts SET (fillfactor = 70)')
    op.create_table('feed_aliases',
    sa.Column('url', sa.Text(), nullable=False),
    sa.Column('feed_id', sa.BigInteger(), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['feed_id'], ['feeds.id'], name=op.f('fk_feed_aliases_feed_id_feeds'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('url', name=op.f('pk_feed_aliases'))
    )
    op.create_index(op.f('ix_feed_aliases_feed_id'), 'feed_aliases', ['feed_id'], unique=False)
    op.create_table('subscriptions',
    sa.Column('feed_id', sa.BigInteger(), nullable=False),
    sa.Column('hub', sa.Text(), nullable=False),
    sa.Column('topic', sa.Text(), nullable=False),
    sa.Column('token', sa.Text(), nullable=False),
    sa.Column('secret', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True)),
    sa.Column('lease_until', sa.DateTime(timezone=True)),
    sa.Column('renew_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('pushed_at', sa.DateTime(timezone=True)),
    sa.Column('failures', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('missed', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('reason', sa.Text()),
    sa.CheckConstraint("state IN ('wanted', 'asked', 'active', 'denied', 'ended')", name=op.f('ck_subscriptions_state_is_one_of_five')),
    sa.ForeignKeyConstraint(['feed_id'], ['feeds.id'], name=op.f('fk_subscriptions_feed_id_feeds'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('feed_id', name=op.f('pk_subscriptions')),
    sa.UniqueConstraint('token', name=op.f('uq_subscriptions_token'))
    )
    op.create_index('ix_subscriptions_renew_at', 'subscriptions', ['renew_at'], unique=False)
    op.create_table('parse_differences',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('feed_id', sa.BigInteger(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('what', sa.Text(), nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['feed_id'], ['feeds.id'], name=op.f('fk_parse_differences_feed_id_feeds'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_parse_differences'))
    )
    op.create_index(op.f('ix_parse_differences_feed_id'), 'parse_differences', ['feed_id'], unique=False)


def downgrade() -> None:
    op.execute('ALTER TABLE articles RESET (toast_tuple_target)')
    op.execute('ALTER TABLE feeds RESET (fillfactor)')
    op.execute('ALTER TABLE hosts RESET (fillfactor)')
    op.drop_table('parse_differences')
    op.drop_table('subscriptions')
    op.drop_table('feed_aliases')
    op.drop_index('ix_articles_search', table_name='articles', postgresql_using='gin')
    op.drop_column('articles', 'search')
    op.execute("ALTER TABLE articles ADD COLUMN search tsvector GENERATED ALWAYS AS (to_tsvector('simple', title || ' ' || text)) STORED NOT NULL")
    op.create_index('ix_articles_search', 'articles', ['search'], unique=False, postgresql_using='gin')
    op.drop_column('gaps', 'missed')
    op.drop_index('ix_feeds_hub_url', table_name='feeds', postgresql_where=sa.text('hub_url IS NOT NULL'))
    for column in _columns():
        op.drop_column('feeds', column.name)
